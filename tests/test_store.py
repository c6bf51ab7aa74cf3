import numpy as np
import pytest

from assistant.errors import IndexBroken, ServerError
from index.records import Record, packed, unpacked
from index.store import Store


def record(n, key="user:a.md", text="text"):
    return Record(f"{key}#{n}", key, n, key.partition(":")[2], "head", f"{text} {n}", "en", "user", "l. 1", "")


def add(store, name, records, vectors):
    texts = [packed([one for one in records if one.key == key]) for key in dict.fromkeys(one.key for one in records)]
    store.add(name, records, vectors, [text for some in texts for text in some])


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "chroma")
    opened.create("kb1", {"embedder": "test"})
    yield opened
    opened.close()


def unit(*rows):
    matrix = np.array(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_what_was_added_comes_back_in_order(store):
    records = [record(2), record(0), record(1, "user:b.md")]
    vectors = unit([1, 0], [0, 1], [1, 1])
    add(store, "kb1", records, vectors)
    loaded, matrix = store.load("kb1")
    assert loaded == [record(0), record(2), record(1, "user:b.md")]
    assert np.allclose(matrix, vectors[[1, 0, 2]], atol=1e-6)


def test_it_survives_closing(tmp_path):
    first = Store(tmp_path)
    first.create("kb1", {"embedder": "test"})
    add(first, "kb1", [record(0)], unit([1, 2]))
    first.close()
    second = Store(tmp_path)
    assert second.names() == ["kb1"] and second.count("kb1") == 1
    second.close()


def test_deleting_by_document(store):
    add(store, "kb1", [record(0), record(1), record(0, "user:b.md")], unit([1, 0], [0, 1], [1, 1]))
    store.delete("kb1", ["user:a.md", "user:unknown.md"])
    assert [one.key for one in store.load("kb1")[0]] == ["user:b.md"]


def test_more_than_chromas_batch_limit(store):
    many = [*(record(n) for n in range(6_000)), record(0, "user:b.md")]
    add(store, "kb1", many, unit(*[[1 + n % 7, n % 5] for n in range(6_001)]))
    assert store.count("kb1") == 6_001 and store.load("kb1")[0] == many
    records, vectors = store.documents("kb1", ["user:a.md", "user:unknown.md"])
    assert records == many[:-1] and np.allclose(vectors, unit(*[[1 + n % 7, n % 5] for n in range(6_000)]), atol=1e-6)
    store.delete("kb1", ["user:a.md"])
    assert store.load("kb1")[0] == many[-1:]


def test_a_last_request_without_a_packed_text(store):
    many = [record(n) for n in range(2_010)]  # 64 share a text: the one at 1,984 tells the last ten, sent by themselves
    add(store, "kb1", many, unit(*[[1, n] for n in range(2_010)]))
    assert store.load("kb1")[0] == store.documents("kb1", ["user:a.md"])[0] == many
    store.delete("kb1", ["user:a.md"])
    assert store.count("kb1") == 0


def test_create_replaces_and_drop_forgives(store):
    add(store, "kb1", [record(0)], unit([1, 0]))
    store.create("kb1", {"embedder": "test"})
    assert store.count("kb1") == 0
    store.drop("kb1")
    store.drop("kb1")
    assert store.names() == []


def test_an_empty_collection_loads(store):
    loaded, matrix = store.load("kb1")
    assert loaded == [] and len(matrix) == 0


def test_a_missing_collection_is_broken(store):
    with pytest.raises(IndexBroken):
        store.load("other")


def test_a_file_that_is_no_database_is_broken(tmp_path):
    (tmp_path / "chroma.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(IndexBroken, match="not a database"):
        Store(tmp_path)


def test_a_server_that_does_not_answer(tmp_path):
    with pytest.raises(ServerError):
        Store(tmp_path, "http://127.0.0.1:9")  # the discard port: nothing listens


def test_no_embedding_function_is_stored(store):
    collection = store._collection("kb1")
    assert collection._embedding_function is None


def test_records_of_a_document_share_texts():
    records = [record(n) for n in range(130)]
    texts = packed(records)
    assert [n for n, text in enumerate(texts) if text] == [0, 64, 128] and len(texts) == 130
    assert unpacked(texts) == records and unpacked([]) == packed([]) == []


@pytest.mark.parametrize("text", ["x", "eA==", "bm8=", packed([record(0)])[0][:-8]])
def test_texts_of_another_kind_are_told(text):
    with pytest.raises(IndexBroken, match="another kind"):
        unpacked([text])


def test_a_lost_text_is_noticed(store):
    store.add("kb1", [record(0), record(1)], unit([1, 0], [0, 1]), ["", ""])
    with pytest.raises(IndexBroken, match="0 of 2"):
        store.load("kb1")
