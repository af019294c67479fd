"""What housekeeping does a minute later: the texts that pairings compare have their vectors."""

from sqlalchemy.orm import Session

from directory.engine.pairing_texts import pairing_texts
from directory.engine.sentence_encoder import load_model
from directory.engine.text_embedding import store_embeddings


def embed_pairing_texts(session: Session) -> None:
    model, texts = load_model(), pairing_texts(session)
    assert model is not None
    store_embeddings(session, texts, model.encode(texts))
