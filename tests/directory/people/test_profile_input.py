"""What people say of themselves is checked as it comes in, and found as soon as it is in."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from directory.engine.search import search
from directory.errors import Conflict, Invalid
from directory.money import Money
from directory.people import business, member, wanted
from directory.people.tables import WantedKind
from directory.people.wanted import MOST_LIVE
from tests.cast import Cast

FIRM: dict[str, Any] = {
    **{"name": "Bramble & Co", "summary": "Sites an office can run.", "city": "Tucson", "region": "AZ"},
    **{"is_remote": True, "website": "bramble.example", "email": "b@bramble.example", "capacity": 2, "free_on": None},
    **{"phone": "+1 (520) 555-0111 ext. 4", "best_customers": "", "good_referrals": "", "not_a_fit": ""},
    **{"price_low": Money(800_000, "USD"), "price_high": Money(2_500_000, "USD"), "smallest_deal": None},
}


def test_a_sound_firm_is_kept_as_said(session: Session, cast: Cast, now: datetime) -> None:
    firm = cast.bea.business
    business.edit_business(session, business=firm, by=cast.bea, changes=FIRM, now=now)
    assert (firm.website, firm.price_high_minor, firm.place) == ("https://bramble.example", 2_500_000, "Tucson, AZ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "\u202eevil"),
        ("summary", "x" * 10_001),
        ("website", "javascript:alert(1)"),
        ("website", "https://user@bramble.example"),
        ("website", "https://bramble.example:x"),
        ("website", "ftp://bramble.example"),
        ("phone", "call me"),
        ("phone", "555"),
        ("email", "nobody"),
        ("email", "a@b.c>d"),
        ("price_high", Money(1, "USD")),
        ("price_high", Money(3_000_000, "EUR")),
        ("capacity", -1),
    ],
)
def test_a_wrong_field_is_named_and_nothing_changes(
    session: Session, cast: Cast, now: datetime, field: str, value: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        business.edit_business(session, business=cast.bea.business, by=cast.bea, changes=FIRM | {field: value}, now=now)
    assert refused.value.field == field
    assert not session.is_modified(cast.bea.business)


def test_what_is_said_is_found(session: Session, cast: Cast, now: datetime) -> None:
    firm = cast.bea.business
    business.edit_business(session, business=firm, by=cast.bea, changes=FIRM, now=now)
    said = {"name": "Béa", "role": "Owner", "headline": "Calm websites"}
    member.edit_profile(session, member=cast.bea, changes=said, now=now)
    asked = wanted.add_wanted(session, member=cast.bob, kind=WantedKind.CLIENT, text="Museums in Yuma", now=now)
    for text in ("bea", "CALM", "office run", "yuma"):
        assert [found.name for found in search(session, text=text).businesses] == ["Bramble & Co"]
    wanted.end_wanted(session, wanted=asked, now=now)
    assert search(session, text="yuma").total == 0
    wanted.resume_wanted(session, wanted=asked)
    assert search(session, text="yuma").total == 1


def test_an_ask_is_shared_by_consent_and_leaves_with_it(session: Session, cast: Cast, now: datetime) -> None:
    asked = wanted.add_wanted(session, member=cast.bea, kind=WantedKind.PARTNER, text="A printer", now=now)
    assert asked.shared_at is None
    wanted.share_wanted(session, wanted=asked, now=now)
    assert asked.shared_at == now
    wanted.unshare_wanted(session, wanted=asked, now=now)
    assert asked.shared_at is None
    wanted.end_wanted(session, wanted=asked, now=now)
    assert wanted.live_wanteds(session, member=cast.bea) == []
    with pytest.raises(Conflict):
        wanted.share_wanted(session, wanted=asked, now=now)


def test_nobody_asks_for_everything(session: Session, cast: Cast, now: datetime) -> None:
    for number in range(MOST_LIVE):
        wanted.add_wanted(session, member=cast.bea, kind=WantedKind.CLIENT, text=f"Client {number}", now=now)
    with pytest.raises(Conflict):
        wanted.add_wanted(session, member=cast.bea, kind=WantedKind.CLIENT, text="One more", now=now)


def test_the_spotlight_needs_consent_and_remembers_the_first(session: Session, cast: Cast, now: datetime) -> None:
    member.set_spotlight(session, member=cast.bea, is_allowed=True, now=now)
    member.set_spotlight(session, member=cast.bea, is_allowed=True, now=now.replace(year=2027))
    assert cast.bea.spotlight_at == now
    member.set_spotlight(session, member=cast.bea, is_allowed=False, now=now)
    assert cast.bea.spotlight_at is None
