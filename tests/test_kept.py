"""Results are kept per object, and never given to another one."""

from dataclasses import replace

from assistant.memory import kept
from assistant.memory.kept import once_per_shape
from knowledge.schema import Architecture

PLAIN = Architecture("llama", 32, 4096, 32, 8, 128, 14_336, 128_256)


def test_once_per_object() -> None:
    asked: list[int] = []

    @once_per_shape
    def layers(arch: Architecture) -> int:
        asked.append(arch.layers)
        return arch.layers

    other = replace(PLAIN, layers=33)
    assert [layers(PLAIN), layers(other), layers(PLAIN), layers(other)] == [32, 33, 32, 33]
    assert asked == [32, 33]


def test_it_does_not_grow_without_end(monkeypatch) -> None:
    monkeypatch.setattr(kept, "AT_MOST", 3)
    layers = once_per_shape(lambda arch: arch.layers)
    assert [layers(replace(PLAIN, layers=count)) for count in range(1, 20)] == list(range(1, 20))
