"""What a firm is offered: its network's own words too, and nothing that its list implies."""

from datetime import datetime

import pytest
from sqlalchemy import select

from directory.engine import claim_suggestions, own_vocabulary
from directory.engine.claim_suggestions import offered_capabilities
from directory.engine.own_vocabulary import Vocabulary
from directory.engine.world_cache import recent_world
from directory.people.claim import Claim
from directory.taxonomy.capability import Capability
from matching.capability_extraction import SaidCapability
from tests.conftest import DemoCast

TRADES = ("Contract law", "Bookkeeping")  # of no insurer


@pytest.fixture(autouse=True)
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (claim_suggestions, own_vocabulary):
        monkeypatch.setattr(module, "load_model", lambda: None)


def test_a_word_of_the_networks_own_is_offered_by_its_name(demo_cast: DemoCast, now: datetime) -> None:
    session, firm = demo_cast.session, demo_cast.business("bramble")
    Vocabulary(session).learn("Basket weaving", origin="firms.csv")
    firm.summary = "WordPress, and basket weaving on Sundays"
    session.flush()
    (offer, *_others) = offered_capabilities(session, business=firm)
    assert (offer.capability.name, offer.is_sure) == ("Basket weaving", True)
    firm.summary = "WordPress, and baskets"
    offered = [offer.capability.name for offer in offered_capabilities(session, business=firm)]
    assert not {"Basket weaving", "WordPress", "Web development"} & {*offered}


def test_a_firm_with_a_list_is_offered_other_trades_only_by_name(
    demo_cast: DemoCast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, firm = demo_cast.session, demo_cast.business("okafor")
    guessed, named = (session.scalars(select(Capability).where(Capability.name == name)).one() for name in TRADES)
    taxonomy = recent_world(session).world.taxonomy.ids.tolist()
    said = [SaidCapability(taxonomy.index(row.id), 0.9, row is named) for row in (guessed, named)]
    monkeypatch.setattr(claim_suggestions, "extract_capabilities", lambda *_args, **_kwargs: tuple(said))
    assert [offer.capability for offer in offered_capabilities(session, business=firm)] == [named]
    for claim in session.scalars(select(Claim).where(Claim.business_id == firm.id)):
        session.delete(claim)
    session.flush()
    assert [offer.capability for offer in offered_capabilities(session, business=firm)] == [guessed, named]
