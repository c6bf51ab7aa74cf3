"""Small real things for the index tests: an embedder that counts words, an empty catalog, documents made by hand."""

import hashlib
import io
import re
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from index.library import Index

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


def pdf(pages: list[str], password: bool = False) -> bytes:
    """A PDF written by hand: one line of Latin text per page; an empty string is a page without text (a scan).

    With `password`, its text is said to be encrypted with a password that nobody knows.
    """
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>")
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for n, text in enumerate(pages):
        shown = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    locked = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >>" if password else ""
    about = f"/Size {len(objects) + 1} /Root 1 0 R /ID [<{'43' * 16}> <{'43' * 16}>] {locked}"
    return out + f"trailer\n<< {about} >>\nstartxref\n{start}\n%%EOF\n".encode()
