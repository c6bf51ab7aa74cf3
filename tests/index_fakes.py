"""Small real things for the index tests: an embedder that counts words, an empty catalog, documents made by hand."""

import hashlib
import io
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from index import state
from index.library import Index
from index.store import Store
from tests.page_pdf import pdf_file

ROOT = Path(__file__).resolve().parent.parent
DOCS = {
    "quant.md": "# Quantization\n\nQuantization stores weights with fewer bits.\n\n"
    "## K-quants\n\nK-quants mix block sizes.",
    "法務/licence.md": "# ライセンス\n\n商用利用できるかどうかはライセンスで決まります。",
    "notes.txt": "The office printer stands on the third floor.",
}
START = "import os, signal, sys\nfrom pathlib import Path\nfrom tests.index_fakes import make_index\n"
NO_CATALOG = SimpleNamespace(models={}, licences={}, benchmarks={}, glossary=())


class WordHashes:
    """Turns a text into counts of its words, each at a place told by its hash: same words, same direction."""

    def __init__(self, name: str = "word-hashes") -> None:
        self.id = name
        self.embedded: list[str] = []

    def documents(self, texts):
        self.embedded += texts
        return np.stack([self.query(text) for text in texts])

    def query(self, text):
        row = np.zeros(2048, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()):
            row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % 2048] += 1
        return row / max(np.linalg.norm(row), 1e-9)


def make_index(data: Path, *folders: Path, guides: Path | None = None, embedder=None, catalog=NO_CATALOG) -> Index:
    return Index(data, folders, catalog, guides, embedder or WordHashes(), None, {})


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def zipped(files: dict[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


SCAN = "q 612 0 0 792 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q\n"  # one grey dot as large as the page


def pdf(pages: list[str], password: bool = False, scanned: bool = False) -> bytes:
    """A PDF written by hand: one line of Latin text per page; an empty string is a page without text (a scan).

    `scanned` pages have a picture below their text. With `password`, the text is said to be encrypted with a password
    that nobody knows.
    """
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>")
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for n, text in enumerate(pages):
        shown = SCAN * (scanned or not text) + (f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else "")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
    locked = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >>" if password else ""
    return pdf_file(objects, f"/ID [<{'43' * 16}> <{'43' * 16}>] {locked}")


def found(index: Index, query: str) -> list[str]:
    return [hit.passage.file for hit in index.search(query)]


def stored(index: Index) -> list[str]:
    """The ids that Chroma itself holds, not what the index remembers."""
    known = state.load(index._folder)
    store = Store(index._folder / "chroma")
    try:
        assert store.names() == [known.collection], "no collection may be left behind"
        return [record.id for record in store.load(known.collection)[0]]
    finally:
        store.close()


def script(body: str, *arguments: Path) -> subprocess.Popen:
    """Run a Python program in a process of its own, `arguments` as its sys.argv[1:]."""
    return subprocess.Popen([sys.executable, "-c", START + textwrap.dedent(body), *map(str, arguments)], cwd=ROOT)
