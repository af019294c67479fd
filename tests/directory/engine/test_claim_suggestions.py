"""What a firm is offered: its network's own words too, and nothing that its list implies."""

from datetime import datetime

import pytest

from directory.engine import claim_suggestions, own_vocabulary
from directory.engine.claim_suggestions import offered_capabilities
from directory.engine.own_vocabulary import Vocabulary
from tests.conftest import DemoCast


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
