"""The sentence model, compared with its authors' published example and with itself."""

import numpy as np
import pytest

from directory.engine import sentence_encoder
from directory.engine.sentence_encoder import DIMENSIONS, Model, is_genuine, load_model


@pytest.fixture(scope="module")
def model() -> Model:
    """A model with an empty cache."""
    folder = sentence_encoder._folder()
    assert folder is not None
    return Model(folder)


def test_the_published_example_has_the_published_cosines(model: Model) -> None:
    happy, *others = model.encode(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )
    assert [float(happy @ other) for other in others] == pytest.approx([0.695, 0.943, 0.257], abs=1e-3)


def test_a_batch_has_the_same_vectors_as_its_texts_alone(model: Model) -> None:
    texts = [
        "roof",
        "",
        "a roof that leaks " * 30,
        "日本語 \u202e\x00 text",
        "Our sink is blocked, who can come today?",
    ]
    together = model.encode(texts)
    apart = [Model.encode(model, [text])[0] for text in texts]
    fresh = [model._encode_new([text])[text] for text in texts]
    assert together.shape == (5, DIMENSIONS)
    assert together.dtype == np.float32
    assert np.allclose(together, apart)
    assert np.allclose(together, fresh, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows_and_a_repeated_text_is_encoded_once(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.encode([]).shape == (0, DIMENSIONS)
    first = model.encode(["a plumber", "a plumber"])
    monkeypatch.setattr(model, "_forward", None)
    assert np.array_equal(model.encode(["a plumber"])[0], first[1])


def test_the_cache_evicts_the_oldest_texts(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_encoder, "CACHE_SIZE", 2)
    model.encode(["one", "two", "three"])
    assert list(model._cache) == ["two", "three"]


def test_only_the_measured_weights_are_genuine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_genuine()
    monkeypatch.setattr(sentence_encoder, "SHA256", "0" * 64)
    assert not is_genuine()


def test_without_the_package_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_encoder, "find_spec", lambda name: None)
    load_model.cache_clear()
    assert load_model() is None
    assert not is_genuine()
    load_model.cache_clear()
