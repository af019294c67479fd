"""Train the need reader on written leads: an adapter of the sentence model, and a vector for each capability.

The model reads a whole lead; the vector of a clause is the unit mean of its tokens. A softmax over the capabilities and
"none" says what each clause asks for. Which clause asks for what is not labelled, so the loss of a lead is that of
multi-instance learning (noisy-or, Dietterich et al. 1997): each need is asked for by one clause at least, and no clause
asks for what is neither needed nor near it. The capabilities' ways to ask are further examples, each alone; some are
put together as leads with refusals, and some written leads are joined in pairs. The low-rank changes are those of LoRA
(Hu et al. 2021); the vectors of capabilities begin as the mean of their names and ways to ask.

It needs PyTorch, which nothing else here does, and about five minutes of one core for a training. HEARD.npz gets what
is heard in each lead by a reader that did not learn from it, for ``benchmarks.need_model``.

    python -m benchmarks.need_reader HEARD.npz [--write]
"""

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.need_model import ONE_LABEL, TRAIN, leads_of_one_label
from benchmarks.need_reading import LabeledLead, curated_index, labeled_leads
from directory.engine.need_reader import WEIGHTS
from directory.engine.sentence_encoder import HEADS, LAYERS, Model, load_model
from matching.clauses import clauses
from matching.inputs import Floats
from matching.need_probability import CLAUSES
from matching.taxonomy_words import TaxonomyIndex
from matching.text_normalization import clean_text

T = TypeVar("T")
FOLDS = 3
RANK, STRENGTH = 8, 2.0  # of the low-rank changes, and their factor
EPOCHS, BATCH, ASKS_BATCH, WARM = 3, 24, 64, 50  # WARM: steps until the full rate
RATE, RATE_OF_NODES, RATE_OF_REST, LEAST_RATE = 6e-4, 3e-4, 1e-2, 0.02
OF_ASKS, OF_OTHERS, OF_REFUSED = 0.5, 0.8, 2.0  # weights of losses: of the asks, of what is not needed, of refusals
SCALE, NONE = 20.0, 8.0  # of the cosines, and the first logit of "none"
JOINED, COMPOSED = 300, 600  # leads made of two leads, and of several asks
DENSE = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
WANTED = (*("{}",) * 4, "we need {}", "looking for {}", "someone for {}", "help with {}", "also {}", "{} please")
REFUSED = ("we do not need {}", "no {}", "not {}", "without {}", "we don't want {}", "never mind {}")
COVERED = ("{} is already handled", "we already have {}", "my cousin does {}", "{} is done", "we have somebody for {}")
ASKER = ("we are a {} business", "I run a {} company", "our client does {}", "they sell {}", "for a {} firm")
SHARES = (0.68, 0.10, 0.12, 0.10)  # of the four above
BETWEEN = (", ", ". ", " and ", "; ", ", and ", "\n")


@dataclass(frozen=True, eq=False)
class Example:
    text: str
    tokens: list[int]
    parts: Tensor  # (clauses, tokens) of 0 and 1
    needs: tuple[list[int], ...]
    others: Tensor  # (nodes,) what it does not ask for
    is_refusal: bool


class Reader(nn.Module):  # type: ignore[misc] # untyped where PyTorch is not installed
    """The sentence model with an adapter, and the vectors of the nodes."""

    def __init__(self, model: Model, nodes: int) -> None:
        super().__init__()
        self.frozen = {name: torch.tensor(np.array(each)) for name, each in model._weights.items()}
        size = self.frozen["embeddings.LayerNorm.weight"].shape[0]
        names = [f"encoder.layer.{layer}.{dense}".replace(".", "/") for layer in range(LAYERS) for dense in DENSE]
        self.down = nn.ParameterDict({name: nn.Parameter(torch.randn(RANK, size) / size**0.5) for name in names})
        self.up = nn.ParameterDict({name: nn.Parameter(torch.zeros(size, RANK)) for name in names})
        self.nodes, self.none = nn.Parameter(torch.zeros(nodes, size)), nn.Parameter(torch.zeros(size))
        self.bias, self.bias_of_none = nn.Parameter(torch.zeros(nodes)), nn.Parameter(torch.tensor(NONE))
        self.log_scale = nn.Parameter(torch.tensor(np.log(SCALE), dtype=torch.float32))

    def hidden(self, texts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Return the vectors (texts, longest, size) of the tokens, and which of them are no padding."""
        longest, frozen = max(map(len, texts)), self.frozen
        tokens, is_token = torch.zeros(len(texts), longest, dtype=torch.long), torch.zeros(len(texts), longest)
        for row, text in enumerate(texts):
            tokens[row, : len(text)], is_token[row, : len(text)] = torch.tensor(text), 1
        x = frozen["embeddings.word_embeddings.weight"][tokens] + frozen["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x + frozen["embeddings.position_embeddings.weight"][:longest], "embeddings.LayerNorm")
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            query, key, value = (
                self._dense(x, f"{at}.{dense}").unflatten(2, (HEADS, -1)).transpose(1, 2) for dense in DENSE[:3]
            )
            seen = functional.scaled_dot_product_attention(query, key, value, is_token[:, None, None, :].bool())
            seen = self._dense(seen.transpose(1, 2).flatten(2), f"{at}.{DENSE[3]}")
            x = self._norm(x + seen, f"{at}.attention.output.LayerNorm")
            inner = functional.gelu(self._dense(x, f"{at}.intermediate.dense"))
            x = self._norm(x + self._dense(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        return x, is_token

    def of_texts(self, texts: Sequence[Sequence[int]]) -> Tensor:
        x, is_token = self.hidden(texts)
        return functional.normalize((x * is_token[..., None]).sum(1), dim=1)

    def of_parts(self, examples: Sequence[Example]) -> Tensor:
        """Return the vectors of the clauses of all examples, one after the other."""
        x, _ = self.hidden([example.tokens for example in examples])
        means = [one.parts @ x[row, : one.parts.shape[1]] for row, one in enumerate(examples)]
        return functional.normalize(torch.cat(means), dim=1)

    def heard(self, vectors: Tensor) -> Tensor:
        """Return the log-probabilities (rows, nodes + 1) of each node, and of none."""
        nodes = self.log_scale.exp() * (vectors @ self.nodes.T) + self.bias
        return torch.log_softmax(torch.cat([nodes, (vectors @ self.none + self.bias_of_none)[:, None]], 1), 1)

    def stored(self, codes: Sequence[str]) -> dict[str, Any]:
        """Return the arrays that ``directory.engine.need_reader`` reads."""
        half = {name.replace("/", "."): (self.down[name], STRENGTH * self.up[name]) for name in self.down}
        nodes = torch.cat([self.log_scale.exp() * self.nodes, self.none[None]])
        bias = torch.cat([self.bias, self.bias_of_none[None]])
        arrays = {"nodes": nodes, "bias": bias}
        for name, (down, up) in half.items():
            arrays |= {f"{name}.down": down, f"{name}.up": up}
        return {"codes": np.array(codes)} | {
            name: each.detach().numpy().astype(np.float16) for name, each in arrays.items()
        }

    def _dense(self, x: Tensor, name: str) -> Tensor:
        weight, key = self.frozen[f"{name}.weight"], name.replace(".", "/")
        if key in self.down:
            weight = weight + STRENGTH * (self.up[key] @ self.down[key])
        return functional.linear(x, weight, self.frozen[f"{name}.bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], self.frozen[f"{name}.weight"], self.frozen[f"{name}.bias"], 1e-12)


class Material:
    """The written leads and the capabilities, as examples."""

    def __init__(self, model: Model, index: TaxonomyIndex, codes: Sequence[str]) -> None:
        self.model, self.index, taxonomy = model, index, index.taxonomy
        self.codes = [codes[int(node)] for node in index.guessed]
        self.column = {code: column for column, code in enumerate(self.codes)}
        self.names = [taxonomy.names[int(node)] for node in index.guessed]
        self.asks = [
            (column, text)
            for column, node in enumerate(index.guessed)
            for text in dict.fromkeys((taxonomy.names[node], *taxonomy.synonyms[node], *taxonomy.asks[node]))
        ]
        self.kin = torch.tensor(index.with_relatives(np.eye(len(self.codes))) > 0)

    def example(self, lead: LabeledLead, *, is_partly: bool = False) -> Example:
        text = clean_text(lead.text)
        encoding, parts = self.model._tokenizer.encode(text), clauses(text)[:CLAUSES]
        starts = [start if end > start else -1 for start, end in encoding.offsets]
        inside = [[float(part.start <= start < part.end) for start in starts] for part in parts]
        needs = tuple([self.column[code] for code in group if code in self.column] for group in lead.needs)
        needed = torch.zeros(len(self.codes), dtype=torch.bool)
        needed[[column for group in needs for column in group]] = True
        others = torch.zeros_like(needed) if is_partly else ~self.kin[needed].any(0)
        others[[self.column[code] for code in lead.refused if code in self.column]] = True
        return Example(
            text,
            encoding.ids,
            torch.tensor(inside).reshape(len(parts), len(starts)),
            tuple(group for group in needs if group),
            others & ~needed,
            lead.kind == "negated" and bool(lead.refused),
        )

    def joined(self, leads: Sequence[LabeledLead], draw: random.Random) -> LabeledLead:
        one, other = draw.sample(leads, 2)
        first = one.text.strip()
        between = " " if first[-1:] in ".!?" else draw.choice((". ", " and ", "\n"))
        return _lead(first + between + other.text.strip(), [*one.needs, *other.needs], one.refused | other.refused)

    def composed(self, asks: Sequence[tuple[int, str]], draw: random.Random) -> LabeledLead:
        words, needs, refused = list[str](), list[frozenset[str]](), frozenset[str]()
        for column, ask in draw.sample(asks, draw.randint(1, 4)):
            kind = draw.choices((WANTED, REFUSED, COVERED, ASKER), SHARES)[0]
            said = draw.choice(kind).format(ask.strip(" .?!") if kind is WANTED else self.names[column].lower())
            words.insert(0 if kind is ASKER else len(words), said)
            if kind is WANTED:
                needs.append(frozenset({self.codes[column]}))
            else:
                refused |= {self.codes[column]}
        text = words[0] + "".join(draw.choice(BETWEEN) + word for word in words[1:])
        return _lead(text, needs, refused)


def _lead(text: str, needs: Sequence[frozenset[str]], refused: frozenset[str]) -> LabeledLead:
    return LabeledLead(text, tuple(needs), refused - frozenset().union(*needs), "multi")


def train(material: Material, leads: Sequence[LabeledLead], partly: Sequence[LabeledLead], held: str) -> Reader:
    """Return a reader that learnt from the leads; the asks that are words of ``held`` are left out."""
    torch.manual_seed(0)
    draw = random.Random(0)
    tokenizer = material.model._tokenizer
    asks = [(column, text) for column, text in material.asks if text.casefold() not in held]
    said = [(column, text) for column, text in asks if "," not in text and len(text) > len(BETWEEN)]
    examples = [
        *map(material.example, leads),
        *(material.example(lead, is_partly=lead.kind == "plain") for lead in partly),
        *(material.example(material.joined(leads, draw)) for _ in range(JOINED)),
        *(material.example(material.composed(said, draw)) for _ in range(COMPOSED)),
    ]
    tokens = [encoding.ids for encoding in tokenizer.encode_batch([text for _column, text in asks])]
    columns, lengths = torch.tensor([column for column, _text in asks]), list(map(len, tokens))
    reader = Reader(material.model, len(material.codes))
    with torch.no_grad():
        means = torch.zeros_like(reader.nodes)
        for rows in _batches(range(len(asks)), lengths.__getitem__, ASKS_BATCH, draw):
            means.index_add_(0, columns[rows], reader.of_texts([tokens[row] for row in rows]))
        reader.nodes.copy_(functional.normalize(means, dim=1))
    rest = [reader.log_scale, reader.none, reader.bias_of_none]
    low_rank, nodes = [*reader.down.values(), *reader.up.values()], [reader.nodes, reader.bias]
    groups = ((low_rank, RATE), (nodes, RATE_OF_NODES), (rest, RATE_OF_REST))
    optimizer = torch.optim.AdamW([{"params": some, "lr": rate, "weight_decay": 0.0} for some, rate in groups])
    steps = EPOCHS * -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda at: min(1, (at + 1) / WARM) * (LEAST_RATE + (1 + np.cos(np.pi * at / steps)) / 2)
    )
    some_asks = _endless(lambda: _batches(range(len(asks)), lengths.__getitem__, ASKS_BATCH, draw))
    for _ in range(EPOCHS):
        for batch in _batches(examples, lambda one: len(one.tokens), BATCH, draw):
            chances = reader.heard(reader.of_parts(batch)).exp().split([len(one.parts) for one in batch])
            loss = torch.stack([_loss(one, some) for one, some in zip(batch, chances, strict=True)]).mean()
            rows = next(some_asks)
            alone = reader.heard(reader.of_texts([tokens[row] for row in rows]))
            loss = loss + OF_ASKS * functional.nll_loss(alone, columns[rows])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return reader


def _loss(example: Example, chances: Tensor) -> Tensor:
    """Return the loss of one lead, from the probabilities (clauses, nodes + 1)."""
    loss = torch.zeros(())
    for group in example.needs:
        missed = 1 - chances[:, group].sum(1).clamp(max=1 - 1e-5)
        loss = loss - torch.log(1 - missed.prod() + 1e-6)
    wrong = chances[:, :-1][:, example.others].sum(1).clamp(max=1 - 1e-5)
    return loss - OF_OTHERS * (OF_REFUSED if example.is_refusal else 1) * torch.log1p(-wrong).sum()


def _batches(items: Sequence[T], length: Callable[[T], int], size: int, draw: random.Random) -> list[list[T]]:
    """Return the items in batches of like length, so that little of them is padding, in any order."""
    shuffled = draw.sample(items, len(items))
    chunks = (sorted(shuffled[at : at + size * 20], key=length) for at in range(0, len(shuffled), size * 20))
    batches = [chunk[at : at + size] for chunk in chunks for at in range(0, len(chunk), size)]
    return draw.sample(batches, len(batches))


def _endless(make: Callable[[], list[T]]) -> Iterator[T]:
    while True:
        yield from make()


def heard_in(reader: Reader, examples: Sequence[Example]) -> list[Floats]:
    """Return the log-probabilities (clauses, nodes + 1) of each example."""
    with torch.no_grad():
        return [reader.heard(reader.of_parts([one])).numpy().astype(np.float64) for one in examples]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heard", type=Path, help="where to write what is heard in leads left out")
    parser.add_argument("--write", action="store_true", help="write directory/engine/need_reader.npz")
    arguments = parser.parse_args()
    model, (index, codes) = load_model(), curated_index()
    if model is None:
        parser.error("the sentence model is not installed")
    material, whole = Material(model, index, codes), labeled_leads(TRAIN)
    leads = whole + leads_of_one_label(ONE_LABEL, codes, index)
    heard: dict[str, Floats] = {}
    for fold in range(FOLDS):
        kept = [at for at in range(len(leads)) if at % FOLDS != fold]
        out = [material.example(lead) for lead in leads[fold::FOLDS]]
        reader = train(
            material,
            [leads[at] for at in kept if at < len(whole)],
            [leads[at] for at in kept if at >= len(whole)],
            "\n".join(one.text for one in out).casefold(),
        )
        heard |= zip((one.text for one in out), heard_in(reader, out), strict=True)
    ends = np.cumsum([0, *map(len, heard.values())])
    np.savez_compressed(
        arguments.heard,
        texts=np.array(list(heard)),
        rows=np.column_stack([ends[:-1], ends[1:]]),
        heard=np.concatenate(list(heard.values())).astype(np.float16),
    )
    if arguments.write:
        np.savez(WEIGHTS, **train(material, whole, leads[len(whole) :], "").stored(material.codes))


if __name__ == "__main__":
    main()
