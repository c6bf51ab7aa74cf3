"""The shelf that is kept on disk is the one that is made, and whatever is wrong with the file, there is a shelf."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from assistant.calls import Hardware
from assistant.hardware.stated import stated
from assistant.memory import shelf_file
from assistant.memory.shelf import Shelf, make_shelf
from knowledge import compiled
from knowledge.catalog import Catalog, load_catalog
from knowledge.schema import Model

EVERY = 25  # one model in 25


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    whole = load_catalog()
    rows = compiled.packed(compiled.encode({name: whole.models[name] for name in list(whole.models)[::EVERY]}))
    return replace(whole, models=compiled.Records(Model, rows))


@pytest.fixture
def made() -> list[Catalog]:
    """The catalogs that a shelf was made of."""
    return []


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "cache_file", lambda name: tmp_path / "catalog" / name)
    return tmp_path / "catalog"


def ask(catalog: Catalog, made: list[Catalog]) -> Shelf:
    def make(one: Catalog) -> Shelf:
        made.append(one)
        return make_shelf(one)

    return shelf_file.kept(catalog, make)


def same(one: Shelf, other: Shelf) -> bool:
    values = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)]
    arrays = [pair for pair in values if isinstance(pair[0], np.ndarray)]
    arrays += [(one.buffers.rough, other.buffers.rough)]
    arrays += [
        (getattr(mine, field.name), getattr(theirs, field.name))
        for mine, theirs in zip(one.cells, other.cells, strict=True)
        for field in fields(mine)
    ]
    assert len(arrays) == 18 + 1 + 2 * 5  # the shelf's own, `rough`, those of two Cells
    return (
        one.quants == other.quants
        and one.buffers.archs == other.buffers.archs
        and all(a.dtype == b.dtype and a.flags.f_contiguous == b.flags.f_contiguous for a, b in arrays)
        and all(np.array_equal(*pair) for pair in arrays)
    )


def test_what_is_kept_is_what_was_made(catalog):
    one = make_shelf(catalog)
    again = shelf_file.decode(json.loads(json.dumps(shelf_file.encode(one))))
    assert again is not None and same(one, again)
    machine = stated(Hardware(gpu="RTX 4070"), catalog)
    contexts = np.full(len(one.first), 10_000)
    assert (one.beside(contexts, machine) == again.beside(contexts, machine)).all()


def test_it_is_made_once(catalog, folder, made):
    one, again = ask(catalog, made), ask(catalog, made)
    assert len(made) == 1 and same(one, again) and len(list(folder.glob("shelf-*.json"))) == 1


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: b"", lambda text: text.replace(b"Q8", b"Q9")])
def test_a_damaged_file_is_made_again(catalog, folder, made, damage):
    ask(catalog, made)
    (path,) = folder.glob("shelf-*.json")
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert same(ask(catalog, made), make_shelf(catalog)) and len(made) == 2
    assert path.read_bytes() == whole


@pytest.mark.parametrize("content", [None, [], {}, {"quants": 1}, {"archs": [[]]}, {"archs": [], "cells": [{}, {}]}])
def test_what_is_no_shelf_is_none(content):
    assert shelf_file.decode(content) is None


def test_another_state_of_the_entries_is_another_file(catalog, folder, made):
    ask(catalog, made)
    ask(replace(catalog, stamp="other"), made)
    assert len(made) == 2 and len(list(folder.glob("shelf-*.json"))) == 2


def test_a_folder_that_cannot_be_written_changes_nothing(catalog, tmp_path, monkeypatch, made):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(compiled, "cache_file", lambda name: tmp_path / "file" / name)
    assert same(ask(catalog, made), ask(catalog, made)) and len(made) == 2
    monkeypatch.setattr(compiled, "cache_file", lambda name: None)
    assert ask(catalog, made).quants and len(made) == 3


def test_a_catalog_made_by_hand_is_not_kept(catalog, folder, made):
    ask(replace(catalog, models=dict(catalog.models)), made)
    assert made and not folder.exists()
