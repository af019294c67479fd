"""The need reader: what each clause of a lead asks for, read within the whole text by the adapted sentence model.

``need_reader.npz`` holds a low-rank adapter of the model (LoRA, Hu et al. 2021) and one vector for each curated
capability; ``benchmarks.need_reader`` trains both on written leads. They are read by codes, so that renamed, moved and
hidden capabilities stay heard or silent as they should.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from directory.engine.sentence_encoder import Model, load_model
from matching.inputs import Floats

WEIGHTS = Path(__file__).with_name("need_reader.npz")
CACHE_SIZE = 256  # texts


class NeedReader:
    """The reader with the trained weights of the file at ``path``."""

    def __init__(self, model: Model, path: Path = WEIGHTS) -> None:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        self._model = model
        self._heard = lru_cache(CACHE_SIZE)(self._read)  # a lead is read for its needs, and for what else it may ask
        self._nodes, self._bias = (arrays.pop(name).astype(np.float32) for name in ("nodes", "bias"))
        self._adapter = {
            name.removesuffix(".down"): (
                arrays[name].astype(np.float32),
                arrays[name.removesuffix("down") + "up"].astype(np.float32),
            )
            for name in arrays
            if name.endswith(".down")
        }

    def hear(self, text: str, parts: Sequence[tuple[int, int]]) -> Floats:
        """Return the log-probabilities (parts, codes + 1) that ``text[start:end]`` asks for each code, or for none.

        The codes are those of ``heard_codes``, none is last.

        Only the first 128 tokens of the text are read: what lies beyond asks for nothing.
        """
        return self._heard(text, tuple(parts))

    def _read(self, text: str, parts: tuple[tuple[int, int], ...]) -> Floats:
        vectors = self._model.encode_parts(text, parts, self._adapter)
        logits = (vectors @ self._nodes.T + self._bias).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        heard: Floats = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        heard[~vectors.any(axis=1)] = [-np.inf] * (heard.shape[1] - 1) + [0.0]
        heard.setflags(write=False)
        return heard


@cache
def heard_codes() -> Mapping[str, int]:
    """Return the column of each curated code in what the reader hears."""
    with np.load(WEIGHTS) as stored:
        return {code: column for column, code in enumerate(stored["codes"].tolist())}


@cache
def load_need_reader() -> NeedReader | None:
    """Return the reader, loaded once per process; None without the sentence model."""
    model = load_model()
    return None if model is None else NeedReader(model)
