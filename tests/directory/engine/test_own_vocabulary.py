"""A network's own words: never dropped, not merged with what is only near, placed, and heard in leads and searches."""

from datetime import datetime

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine import own_vocabulary as vocabularies
from directory.engine.own_vocabulary import Vocabulary, capability_named
from directory.engine.search import search
from directory.engine.suggestions import understand
from directory.engine.world_cache import known_world
from directory.people.business import index_business
from directory.people.claim import claim
from directory.taxonomy.capability import OWN, Capability, CapabilityKind, capability_choices
from tests.cast import Cast
from tests.conftest import DemoCast


@pytest.fixture(autouse=True)
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabularies, "load_model", lambda: None)


def own(session: Session) -> dict[str, str | None]:
    rows = session.scalars(select(Capability).where(Capability.scheme == OWN))
    return {row.name: row.parent.name if row.parent else None for row in rows}


def test_a_cell_is_known_words_and_new_ones(session: Session, cast: Cast) -> None:
    ids, new = Vocabulary(session).learn("word press; web-design, beekeeping", origin="firms.csv")
    assert new == ["Beekeeping"]
    assert [session.get_one(Capability, id).name for id in ids] == ["WordPress", "Web design", "Beekeeping"]
    assert session.get_one(Capability, ids[-1]).origin == "firms.csv"


def test_the_same_word_again_is_the_same_node(session: Session, cast: Cast) -> None:
    vocabulary = Vocabulary(session)
    first, _new = vocabulary.learn("Bee keeping", origin="a.csv")
    assert vocabulary.learn("bee-keeping", origin="b.csv") == (first, [])
    assert Vocabulary(session).learn("beekeeping", origin="") == (first, [])
    assert vocabulary.learn("Dog walks, dog walking", origin="a.csv")[1] == ["Dog walks"]


def test_what_is_near_stands_under_it_and_is_not_it(session: Session, cast: Cast) -> None:
    Vocabulary(session).learn("WordPress rescue", origin="")
    assert own(session) == {"WordPress rescue": "Web"}
    assert {row.kind for row in session.scalars(select(Capability).where(Capability.scheme == OWN))} == {
        CapabilityKind.SERVICE
    }


def test_a_word_near_nothing_stands_alone_unless_the_firm_tells_more(session: Session, cast: Cast) -> None:
    Vocabulary(session).learn("Beekeeping", origin="")
    assert own(session) == {"Beekeeping": None}


def test_a_service_needs_a_sure_meaning(session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.eye(384, dtype=np.float16)
    for at, node in enumerate((cast.web, cast.development, cast.wordpress, cast.design)):
        node.vector = vectors[at].tobytes()
    session.flush()
    mixed = {"Storefronts": (0.2, 0.9, 0, 0), "Landing": (0.3, 0.62, 0, 0.58)}

    class Meaning:
        def encode(self, texts: list[str]) -> np.ndarray:
            return np.array([[*mixed[texts[0]], *[0.0] * 380]], dtype=np.float32)

        def is_word(self, word: str) -> bool:
            return True

    monkeypatch.setattr(vocabularies, "load_model", Meaning)
    Vocabulary(session).learn("Storefronts; Landing", origin="")
    assert own(session) == {"Storefronts": "Web development", "Landing": "Web"}


def test_an_own_word_is_heard_in_leads_choices_names_and_facets(demo_cast: DemoCast, now: datetime) -> None:
    session, firm = demo_cast.session, demo_cast.member("bea").business
    ids, _new = Vocabulary(session).learn("Beekeeping", origin="firms.csv")
    word = session.get_one(Capability, ids[0])
    word.parent = capability_named(session, "Pest control")
    claim(session, business=firm, capability=word, now=now)
    assert [wish.capability_id for wish in understand(session, text="Who does beekeeping for a hotel?").wishes] == ids
    assert word in capability_choices(session)
    assert capability_named(session, "bee keeping") is word
    assert [found.name for found in search(session, capability=word).businesses] == [firm.name]
    facets = {facet.capability.name: facet.count for facet in search(session, capability=word.parent).facets}
    assert facets["Beekeeping"] == 1


def test_a_common_word_is_not_heard_alone(demo_cast: DemoCast, now: datetime) -> None:
    session, firm = demo_cast.session, demo_cast.member("bea").business
    for id in Vocabulary(session).learn("Support; Beekeeping", origin="firms.csv")[0]:
        claim(session, business=firm, capability=session.get_one(Capability, id), now=now)
    wishes = understand(session, text="We need support with beekeeping.").wishes
    assert [session.get_one(Capability, wish.capability_id).name for wish in wishes] == ["Beekeeping"]


def test_a_hidden_word_is_heard_nowhere_and_learnt_no_more(session: Session, cast: Cast, now: datetime) -> None:
    ids, _new = Vocabulary(session).learn("Beekeeping", origin="firms.csv")
    word = session.get_one(Capability, ids[0])
    word.hidden_at = now
    index_business(session, cast.nia.business)
    assert Vocabulary(session).learn("beekeeping", origin="") == ([], [])
    assert Vocabulary(session).find("Beekeeping") == ()
    assert capability_named(session, "Beekeeping") is None
    assert word not in capability_choices(session)
    assert word.id not in known_world(session).capability
