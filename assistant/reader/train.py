"""Train the reader from scratch: `python -m assistant.reader.train`.

One command, deterministic by seed on one machine: data, vocabulary, network, GGUF, quantisation, second vote,
calibration. The second vote reads the built-in embedder's vectors, so `--only votes` follows every new embedder.
"""

import argparse
import json
import logging
import random
import re
import tempfile
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch.nn import functional as F

from assistant.calls import Tool
from assistant.reader.corpus import Composer, Corpus, Example, dialog_examples, example, load_corpus
from assistant.reader.export import SPECIALS, quantise, write_gguf
from assistant.reader.labels import PLACEHOLDERS, Labels, decode
from assistant.reader.marking import Tables
from assistant.reader.model import WEIGHTS, ReaderModel
from assistant.reader.net import Network, Shape
from assistant.reader.vary import vary
from assistant.reader.votes import VOTES, train_votes

LOG = logging.getLogger("reader.train")
_TEXT_WEIGHT = 0.15  # how much predicting the question itself counts beside predicting the labels
_LONGEST = 320
_PLACE = re.compile(r"(<[A-Z]+\d+>)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run is made of. `copies` of each phrase and dialog and `composed` questions per epoch.

    `hidden` is the share of a question's tokens that the network does not see, `smoothing` of its labels: both against
    learning few phrases by heart. The `vote_` values are those of the second vote's one set of examples.
    """

    seed: int = 7
    epochs: int = 6
    copies: int = 2
    dialog_copies: int = 3
    composed: int = 3000
    batch_tokens: int = 2048
    rate: float = 2e-3
    shape: Shape = field(default_factory=Shape)
    hidden: float = 0.0
    smoothing: float = 0.0
    vote_copies: int = 4
    vote_composed: int = 6000
    vote_rounds: int = 7
    held_out: float = 0.06  # share of the phrases kept for checking and calibration


def split_placeholders(text: str) -> list[str]:
    """Return the pieces of a marked question: text and placeholders in turn, none empty."""
    return [piece for piece in _PLACE.split(text) if piece]


class Vocabulary:
    """Byte-level BPE after the special symbols; ids as in the GGUF."""

    def __init__(self, texts: Iterable[str], size: int) -> None:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

        self.bpe = Tokenizer(models.BPE())
        self.bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(
            vocab_size=size - len(SPECIALS),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
            special_tokens=[],
        )
        self.bpe.train_from_iterator(
            (piece for text in texts for piece in split_placeholders(text) if not piece.startswith("<")), trainer
        )
        by_id = sorted(self.bpe.get_vocab().items(), key=lambda item: item[1])
        self.tokens = [*SPECIALS, *(token for token, _ in by_id)]
        self.merges = [
            pair if isinstance(pair, str) else " ".join(pair)
            for pair in json.loads(self.bpe.to_str())["model"]["merges"]
        ]
        self.special = {symbol: index for index, symbol in enumerate(SPECIALS)}

    def encode(self, text: str) -> list[int]:
        """Return the ids of a marked question."""
        ids: list[int] = []
        for piece in split_placeholders(text):
            if piece in self.special and piece in PLACEHOLDERS:
                ids.append(self.special[piece])
            else:
                ids += [one + len(SPECIALS) for one in self.bpe.encode(piece).ids]
        return ids

    def sequence(self, item: Example) -> tuple[list[int], int]:
        """Return the ids of an example and where its labels begin."""
        text = self.encode(item.text)
        if len(text) > _LONGEST:
            text = text[: _LONGEST // 3] + text[-(_LONGEST - _LONGEST // 3) :]
        before = [self.special[f"<p:{item.previous}>"]] if item.previous else []
        start = [self.special["<s>"], *before, *text, self.special["<sep>"]]
        return [*start, *(self.special[one] for one in item.symbols), self.special["</s>"]], len(start)


def held_out(text: str, share: float) -> bool:
    """Tell by a hash of the text whether a phrase is kept out of training."""
    return zlib.crc32(text.encode("utf-8", "replace")) % 10_000 < share * 10_000


def base_examples(
    corpus: Corpus, tables: Tables, recipe: Recipe
) -> tuple[list[Example], list[Example], list[Example], int]:
    """Return examples of phrases and of dialog turns, the phrases held out, and how many had a value without span."""
    train: list[Example] = []
    turns: list[Example] = []
    kept: list[Example] = []
    missing = 0
    for row in corpus.rows:
        made, lacks = example(row, tables)
        missing += bool(lacks)
        (kept if held_out(row.text, recipe.held_out) else train).append(made)
    for dialog in corpus.dialogs:
        turns.extend(made for made, exact in dialog_examples(dialog, tables) if exact)
    return train, turns, kept, missing


def epoch_examples(
    train: Sequence[Example],
    turns: Sequence[Example],
    composer: Composer,
    tables: Tables,
    recipe: Recipe,
    rng: random.Random,
) -> list[Example]:
    """Return one epoch: variants of phrases and turns, the originals once, and freshly composed questions."""
    filler = {lang: composer.clauses[lang]["filler"] for lang in ("ja", "en")}
    out = [*train, *turns]
    for copies, items in ((recipe.copies - 1, train), (recipe.dialog_copies - 1, turns)):
        for item in items:
            for _ in range(copies):
                out.append(Example(vary(item.text, rng, filler), item.previous, item.symbols, item.tool))
    for _ in range(recipe.composed):
        made, _ = example(composer.compose(), tables)
        out.append(Example(vary(made.text, rng, filler), None, made.symbols, made.tool))
    rng.shuffle(out)
    return out


def batches(
    items: Sequence[Example], vocabulary: Vocabulary, recipe: Recipe, rng: random.Random
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return (ids, weights of predicting each id) of similar lengths, padded to multiples of 8."""
    sequences = sorted((vocabulary.sequence(item) for item in items), key=lambda pair: len(pair[0]))
    made, at = [], 0
    while at < len(sequences):
        end, width = at, 8
        while end < len(sequences):
            width = -(-len(sequences[end][0]) // 8) * 8
            if (end - at + 1) * width > recipe.batch_tokens and end > at:
                break
            end += 1
        chosen = sequences[at:end]
        width = -(-max(len(ids) for ids, _ in chosen) // 8) * 8
        ids = torch.zeros((len(chosen), width), dtype=torch.long)
        weights = torch.zeros((len(chosen), width))
        for row, (sequence, start) in enumerate(chosen):
            ids[row, : len(sequence)] = torch.tensor(sequence)
            weights[row, 1 + rng.randrange(4) : start : 4] = (
                _TEXT_WEIGHT  # every fourth: the output layer is the costly part
            )
            weights[row, start : len(sequence)] = 1.0
        made.append((ids, weights))
        at = end
    rng.shuffle(made)
    return made


def train_network(
    recipe: Recipe, shape: Shape, epochs: Iterable[list[tuple[torch.Tensor, torch.Tensor]]], steps: int
) -> Network:
    """Train by AdamW with warm-up and cosine decay; `steps` is the expected number of batches of all epochs."""
    torch.manual_seed(recipe.seed)
    network = Network(shape)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, betas=(0.9, 0.95), weight_decay=0.05)
    warmup = max(1, min(200, steps // 20))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: (
            min(1.0, (step + 1) / warmup)
            * (0.05 + 0.95 * 0.5 * (1 + torch.cos(torch.tensor(min(1.0, step / steps) * torch.pi)).item()))
        ),
    )
    began, seen, step = time.monotonic(), 0, 0
    for epoch, epoch_batches in enumerate(epochs):
        total = count = 0.0
        network.train()
        for ids, weights in epoch_batches:
            inputs = ids[:, :-1]
            hidden = (torch.rand(inputs.shape) < recipe.hidden) & (inputs >= len(SPECIALS))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = network(inputs.masked_fill(hidden, 0), weights[:, 1:] > 0)
            counted = weights[:, 1:][weights[:, 1:] > 0]
            wanted = ids[:, 1:][weights[:, 1:] > 0]
            smoothing = recipe.smoothing
            losses = F.cross_entropy(logits.float(), wanted, reduction="none", label_smoothing=smoothing) * counted
            labels = counted == 1.0
            loss = losses.sum() / counted.sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            seen += ids.numel()
            step += 1
            if step % 50 == 0:
                LOG.info("step %d of about %d, %.0f tokens/s", step, steps, seen / (time.monotonic() - began))
            total, count = total + float(losses.detach()[labels].sum()), count + float(labels.sum())
        LOG.info(
            "epoch %d: label loss %.4f, %d tokens, %.0f s", epoch + 1, total / count, seen, time.monotonic() - began
        )
    return network.eval()


def tensors(network: Network) -> dict[str, torch.Tensor]:
    """Return the weights by their GGUF names ("blk.0.attn_q.weight")."""
    return dict(network.named_parameters())


def voted(items: Iterable[Example]) -> list[tuple[str, Tool | None, Labels]]:
    """Return what the second vote learns from."""
    return [(item.text, item.previous, decode(item.symbols)) for item in items]


def check_equal(network: Network, vocabulary: Vocabulary, model: ReaderModel, samples: Sequence[Example]) -> int:
    """Return for how many samples llama.cpp tokenises as PyTorch's side and prefers the same next symbol."""
    agree = 0
    for item in samples:
        ids, start = vocabulary.sequence(item)
        if model.prompt(item.text, item.previous) != ids[:start]:
            continue
        with torch.no_grad():
            expected = int(network(torch.tensor([ids[:start]]))[0, -1].argmax())
        agree += expected == int(model.logits(ids[:start]).argmax())
    return agree


def train(
    recipe: Recipe, corpus: Corpus, tables: Tables, names: Sequence[str], target: Path = WEIGHTS
) -> dict[str, float]:
    """Train the network, export and check it; return the figures that the log shows."""
    rng = random.Random(recipe.seed)
    composer = Composer(tables, names, rng)
    phrases, turns, kept, missing = base_examples(corpus, tables, recipe)
    LOG.info(
        "%d phrases, %d dialog turns, %d held out, %d with a value that no span accounts for",
        len(phrases),
        len(turns),
        len(kept),
        missing,
    )
    first = epoch_examples(phrases, turns, composer, tables, recipe, rng)
    vocabulary = Vocabulary((item.text for item in first), recipe.shape.vocab)
    shape = Shape(
        len(vocabulary.tokens),
        *(
            getattr(recipe.shape, name)
            for name in ("hidden", "layers", "heads", "ffn", "context", "rope_base", "epsilon")
        ),
    )
    first_batches = batches(first, vocabulary, recipe, rng)

    def epochs() -> Iterable[list[tuple[torch.Tensor, torch.Tensor]]]:
        yield first_batches
        for _ in range(recipe.epochs - 1):
            items = epoch_examples(phrases, turns, composer, tables, recipe, rng)
            yield batches(items, vocabulary, recipe, rng)

    network = train_network(recipe, shape, epochs(), len(first_batches) * recipe.epochs)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "reader-f32.gguf"
        write_gguf(whole, shape, tensors(network), vocabulary.tokens, vocabulary.merges)
        quantise(whole, target)
    model = ReaderModel(target)
    samples = (kept or phrases)[:60]
    figures = {
        "equal": float(check_equal(network, vocabulary, model, samples)),
        "samples": float(len(samples)),
        "bytes": float(target.stat().st_size),
        "parameters": float(sum(weight.numel() for weight in network.parameters())),
        "missing": float(missing),
    }
    LOG.info("%s", figures)
    return figures


def train_second(recipe: Recipe, corpus: Corpus, tables: Tables, names: Sequence[str], target: Path = VOTES) -> None:
    """Train the second vote on one set of variants of the same phrases and save it."""
    rng = random.Random(recipe.seed)
    phrases, turns, _, _ = base_examples(corpus, tables, recipe)
    varied = replace(recipe, copies=recipe.vote_copies, dialog_copies=recipe.vote_copies, composed=recipe.vote_composed)
    items = epoch_examples(phrases, turns, Composer(tables, names, rng), tables, varied, rng)
    train_votes(voted(items), target, seed=recipe.seed, rounds=recipe.vote_rounds)


def main() -> None:
    """Command line: train on all phrases with the shipped catalog's names."""
    from assistant.reader.calibrate import calibrate
    from assistant.reader.read import tables_of
    from knowledge.catalog import load_catalog

    defaults = Recipe()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=defaults.epochs)
    parser.add_argument("--composed", type=int, default=defaults.composed)
    parser.add_argument("--copies", type=int, default=defaults.copies)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--target", type=Path, default=WEIGHTS.parent)
    parser.add_argument("--only", choices=("network", "votes"), help="train one part, keep the other")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    catalog = load_catalog()
    tables = tables_of(catalog)
    corpus = load_corpus()
    for problem in corpus.problems:
        LOG.warning("%s", problem)
    recipe = Recipe(seed=options.seed, epochs=options.epochs, composed=options.composed, copies=options.copies)
    names = [model.name for model in catalog.models.values()]
    if options.only != "votes":
        train(recipe, corpus, tables, names, options.target / WEIGHTS.name)
    if options.only != "network":
        train_second(recipe, corpus, tables, names, options.target / VOTES.name)
    calibrate(corpus, lambda text: held_out(text, recipe.held_out), tables, options.target)


if __name__ == "__main__":
    main()
