"""Suggested pairs, matches of wants and onboarding suggestions, on the demo cast and on a newly imported chapter."""

from datetime import datetime

import pytest
from sqlalchemy import select

from directory.engine import onboarding_suggestions, pair_suggestions
from directory.engine.pair_reason import reason_sentence
from directory.engine.pair_suggestions import suggested_pairs
from directory.engine.sentence_encoder import Model
from directory.engine.wanteds_for_offer import draft_offer, match_wanteds
from directory.engine.weekly_pairings import person_to_meet
from directory.facts.interaction import InteractionKind, confirm, record_interaction
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, MemberState, WantedKind
from directory.people.wanted import add_wanted, end_wanted, live_wanteds
from directory.reports.open_items import open_items
from directory.week.post_preview import post_previews
from tests.conftest import DemoCast
from tests.embedded_texts import embed_pairing_texts

NAMES = ("Ana Perez", "Ben Ortiz", "Cleo Hall", "Dev Rao")


@pytest.fixture
def newcomers(demo_cast: DemoCast, now: datetime) -> dict[str, Member]:
    """A chapter that was imported a minute ago: names, the sentences of two firms, and wants."""
    session = demo_cast.session
    chapter = Chapter(key="new", name="New")
    summaries = {"Ben Ortiz": "Ben keeps books for shops", "Ana Perez": "We build websites for dentists"}
    members = {
        name.split()[0]: Member(
            name=name,
            business=Business(name=f"{name}'s firm", summary=summaries.get(name, ""), chapter=chapter, created_at=now),
            joined_at=now,
        )
        for name in NAMES
    }
    session.add_all(members.values())
    session.flush()
    add_wanted(session, member=members["Ana"], kind=WantedKind.PARTNER, text="Bookkeepers", now=now)
    add_wanted(session, member=members["Ben"], kind=WantedKind.PARTNER, text="Somebody who builds websites", now=now)
    add_wanted(session, member=members["Cleo"], kind=WantedKind.CLIENT, text="Clinics about to move", now=now)
    add_wanted(session, member=members["Dev"], kind=WantedKind.CLIENT, text="Clinics that move this year", now=now)
    return members


@pytest.mark.parametrize("is_embedded", [False, True])
def test_a_newly_imported_chapter_has_pairs_before_and_after_its_texts_are_embedded(
    demo_cast: DemoCast, newcomers: dict[str, Member], is_embedded: bool
) -> None:
    if is_embedded:
        embed_pairing_texts(demo_cast.session)
    chapter = newcomers["Ana"].business.chapter
    assert chapter is not None
    found = suggested_pairs(demo_cast.session, chapter=chapter)
    assert {(pair.one.first_name, pair.other.first_name) for pair in found} == {("Ana", "Ben"), ("Cleo", "Dev")}
    sentences = " ".join(reason_sentence(why) for pair in found for why in pair.reasons)
    assert "Ana wants to meet “Bookkeepers”; Ben’s firm says: “Ben keeps books for shops”" in sentences
    clinics = "Cleo wants to meet “Clinics about to move”, and Dev wants to meet “Clinics that move this year”"
    assert clinics in sentences


def test_reason_sentences_address_the_reader_as_you(
    demo_cast: DemoCast, newcomers: dict[str, Member], now: datetime
) -> None:
    ana = newcomers["Ana"]
    pair = person_to_meet(demo_cast.session, member=ana, now=now)
    assert pair is not None
    assert pair.other == newcomers["Ben"]
    assert {reason_sentence(why, ana) for why in pair.reasons} == {
        "You want to meet “Bookkeepers”; Ben’s firm says: “Ben keeps books for shops”",
        "Ben wants to meet “Somebody who builds websites”; your firm says: “We build websites for dentists”",
    }


def test_a_pair_that_met_is_worth_less_than_half(
    demo_cast: DemoCast, newcomers: dict[str, Member], now: datetime
) -> None:
    ana, ben = newcomers["Ana"], newcomers["Ben"]

    def worth() -> float:
        pair = person_to_meet(demo_cast.session, member=ana, now=now)
        assert pair is not None
        return pair.worth

    before = worth()
    met = record_interaction(
        demo_cast.session, said_by=ana, other=ben, kind=InteractionKind.MET, happened_on=now.date(), now=now
    )
    confirm(demo_cast.session, interaction=met, by=ben, now=now)
    assert worth() < before / 2


def test_suspended_members_and_colleagues_are_not_paired(
    demo_cast: DemoCast, newcomers: dict[str, Member], now: datetime
) -> None:
    newcomers["Ben"].state = MemberState.SUSPENDED
    partner = Member(name="Amy Perez", business=newcomers["Ana"].business, headline="Bookkeepers", joined_at=now)
    demo_cast.session.add(partner)
    demo_cast.session.flush()
    assert person_to_meet(demo_cast.session, member=newcomers["Ana"], now=now) is None


def test_a_large_chapter_compares_its_newest_members_and_the_reader(
    demo_cast: DemoCast, newcomers: dict[str, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair_suggestions, "MAX_MEMBERS", 2)
    chapter = newcomers["Ana"].business.chapter
    assert chapter is not None
    assert [pair.one.first_name for pair in suggested_pairs(demo_cast.session, chapter=chapter)] == ["Cleo"]
    assert [
        member.name for member in pair_suggestions.score_pairs(demo_cast.session, chapter, newcomers["Ana"]).members
    ] == [
        "Ana Perez",
        "Dev Rao",
    ]


def test_old_pueblo_has_three_pairs_with_reasons(demo_cast: DemoCast) -> None:
    chapter = demo_cast.session.scalars(select(Chapter).where(Chapter.key == "old-pueblo")).one()
    found = suggested_pairs(demo_cast.session, chapter=chapter)
    assert len(found) == 3
    assert all(pair.reasons for pair in found)
    assert len({member.id for pair in found for member in (pair.one, pair.other)}) == 6


def test_no_page_of_pairs_waits_for_the_model(
    demo_cast: DemoCast, newcomers: dict[str, Member], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Model, "encode", lambda *_: pytest.fail("a page embeds a text"))
    assert person_to_meet(demo_cast.session, member=newcomers["Ana"], now=now)
    assert person_to_meet(demo_cast.session, member=demo_cast.member("nadia"), now=now)


def test_an_introduction_matches_the_asks_it_fits_and_an_unrelated_offer_none(demo_cast: DemoCast) -> None:
    embed_pairing_texts(demo_cast.session)
    theo = demo_cast.member("theo")
    found = match_wanteds(demo_cast.session, text="I know the facilities head of the clinic", member=theo)
    assert found[0].text == "Clinics that open a second location"
    draft = draft_offer(found[0], text="I know the facilities head", member=theo, introduces=True)
    assert "“I know the facilities head" in draft.text
    assert len({answer.member.id for answer in found}) == len(found) <= 3
    assert match_wanteds(demo_cast.session, text="Free yoga lessons", member=theo) == []


def test_ended_asks_offers_and_the_own_firm_are_never_matched(demo_cast: DemoCast, now: datetime) -> None:
    text = "We do audits for nonprofits"
    ada, theo = demo_cast.member("ada"), demo_cast.member("theo")
    assert match_wanteds(demo_cast.session, text=text, member=theo)[0].member == ada
    assert ada not in [answer.member for answer in match_wanteds(demo_cast.session, text=text, member=ada)]
    offered = add_wanted(demo_cast.session, member=theo, kind=WantedKind.OFFER, text=text, now=now)
    assert open_items(demo_cast.session, member=theo, now=now).offers == [offered]
    assert offered not in live_wanteds(demo_cast.session, member=theo)
    for asked in live_wanteds(demo_cast.session, member=ada):
        end_wanted(demo_cast.session, wanted=asked, now=now)
    assert not {ada, theo} & {
        answer.member for answer in match_wanteds(demo_cast.session, text=text, member=demo_cast.member("bea"))
    }


def test_the_post_of_an_imported_chapter_names_nobody_without_consent(
    demo_cast: DemoCast, newcomers: dict[str, Member], now: datetime
) -> None:
    chapter = newcomers["Ana"].business.chapter
    assert chapter is not None
    (draft,) = post_previews(demo_cast.session, chapter=chapter, now=now)
    assert not draft.is_agreed
    assert "A member is looking for a partner: Bookkeepers." in draft.text
    assert not any(name.split()[0] in draft.text for name in NAMES)


def test_suggested_wanteds_have_different_categories_and_none_of_the_own_firm(demo_cast: DemoCast) -> None:
    found = onboarding_suggestions.suggest_wanteds(demo_cast.session, member=demo_cast.member("nadia"))
    assert len({capability.parent_id or capability.id for capability in found}) == 3
    assert not {capability.id for capability in found} & {
        held.id for held in demo_cast.business("northlight").capabilities
    }
