"""Firms are found by what they write, as far as every member may read it, and never as a team."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from directory import versioned_cache
from directory.db import bump_world
from directory.engine import firm_sentences, firms_like_lead
from directory.engine.firm_sentences import known_sentences, recent_sentences
from directory.engine.firms_like_lead import SimilarFirm, quoted_firms, rank_firms
from directory.engine.sentence_encoder import load_model
from directory.engine.text_embedding import store_embeddings, text_digest
from directory.facts import case_study
from directory.facts.collaboration import Collaboration
from directory.people.business import edit_business
from directory.people.member import edit_profile
from directory.people.suspension import suspend
from directory.people.tables import Member, WantedKind
from directory.people.wanted import add_wanted, end_wanted
from directory.profiles.member_view import set_audiences
from tests.cast import Cast

LEAD = "Who repairs the weathervane and the tower clock of a church?"
SAID = "We repair church clocks and weathervanes."


def found(session: Session, asker: Member | None = None, text: str = LEAD) -> list[tuple[str, str, str]]:
    model, missing = load_model(), known_sentences(session).missing()
    if firms_like_lead.load_model() and model and missing:
        store_embeddings(session, missing, model.encode(missing))
        bump_world(session)
    return [(like.business, like.source.value, like.sentence) for like in ranked(session, asker, text)]


def ranked(session: Session, asker: Member | None, text: str = LEAD) -> list[SimilarFirm]:
    said, ratings = recent_sentences(session), firms_like_lead.own_ratings(session, rater=asker) if asker else {}
    likes = rank_firms(said, text=text, ratings=ratings, but={asker.business_id} if asker else ())
    rows = [{"business": firm.id, "sentence": said.digests[like.sentence]} for firm, like in likes]
    return quoted_firms(session, rows, asker=asker)


@pytest.fixture(autouse=True, params=["by words", "by meaning"])
def model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "by words":
        monkeypatch.setattr(firms_like_lead, "load_model", lambda: None)


def write(session: Session, member: Member, now: datetime, **texts: str) -> None:
    edit_business(session, business=member.business, by=member, changes=texts, now=now)


@pytest.mark.parametrize("field", ["summary", "best_customers", "good_referrals"])
def test_a_firm_is_found_by_its_own_sentence(session: Session, cast: Cast, now: datetime, field: str) -> None:
    write(session, cast.carla, now, **{field: f"Ask us about anything. {SAID}"})
    assert found(session, cast.nia) == [("Copper State Print", field, SAID)]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("summary", "We keep the computers of clock repairers and weathervane makers running."),
        ("best_customers", "Church clock repairers and weathervane makers."),
        ("good_referrals", "Church clock repairers and weathervane makers."),
        ("good_referrals", "A church with a tower clock whose lease ends."),
    ],
)
def test_whom_a_firm_serves_is_not_what_it_does(
    session: Session, cast: Cast, now: datetime, field: str, text: str
) -> None:
    write(session, cast.carla, now, **{field: text})
    write(session, cast.dana, now, summary=SAID)
    assert [name for name, _source, _said in found(session, cast.nia)] == ["Mesa Words"]


def test_nobody_is_found_where_nobody_writes_about_it(session: Session, cast: Cast, now: datetime) -> None:
    assert found(session) == []
    write(session, cast.carla, now, summary="We print menus on heavy paper.")
    assert found(session) == []


def test_the_same_texts_give_the_same_answer(session: Session, cast: Cast, now: datetime) -> None:
    write(session, cast.carla, now, summary=SAID)
    write(session, cast.dana, now, summary=SAID)
    first = found(session)
    bump_world(session)
    assert first == found(session)
    assert [name for name, _source, _said in first] == ["Copper State Print", "Mesa Words"]


def test_one_s_own_firm_is_left_out(session: Session, cast: Cast, now: datetime) -> None:
    write(session, cast.carla, now, summary=SAID)
    assert found(session, cast.carla) == []


def test_others_are_found_however_much_one_s_own_firm_writes_about_it(
    session: Session, cast: Cast, now: datetime
) -> None:
    write(session, cast.carla, now, summary="Repairs: the weathervane and the tower clock of a church.")
    write(session, cast.dana, now, summary="We sell every clock and weathervane that was ever drawn.")
    assert [name for name, _source, _said in found(session, cast.carla)] == ["Mesa Words"]


def test_a_line_that_not_every_member_may_read_is_never_quoted(session: Session, cast: Cast, now: datetime) -> None:
    edit_profile(session, member=cast.carla, changes={"headline": SAID}, now=now)
    assert found(session) == [("Copper State Print", "headline", SAID)]
    for audience in ("chapter", "introduced", "nobody"):
        set_audiences(session, member=cast.carla, audiences={"headline": audience}, now=now)
        assert found(session, cast.nia) == []


def test_what_was_hidden_a_moment_ago_is_not_quoted_while_older_sentences_are_served(
    session: Session, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versioned_cache, "LARGE", 0)
    edit_profile(session, member=cast.carla, changes={"headline": SAID}, now=now)
    write(session, cast.dana, now, summary=SAID)
    assert [name for name, _source, _said in found(session)] == ["Copper State Print", "Mesa Words"]
    firm_sentences._sentences._of(session).rests_until = float("inf")
    set_audiences(session, member=cast.carla, audiences={"headline": "chapter"}, now=now)
    assert [like.business for like in ranked(session, None)] == ["Mesa Words"]
    assert firm_sentences._sentences.ready(session) is None


def test_not_a_fit_speaks_against_the_firm(session: Session, cast: Cast, now: datetime) -> None:
    write(
        session,
        cast.carla,
        now,
        summary="We print for churches with a tower.",
        not_a_fit="Repairs of clocks and weathervanes of a church.",
    )
    assert found(session) == []


def test_suspended_people_hide_their_firm(session: Session, cast: Cast, now: datetime) -> None:
    write(session, cast.carla, now, summary=SAID)
    cast.nia.is_admin = True
    suspend(session, member=cast.carla, by=cast.nia, now=now)
    assert found(session) == []


def test_a_firm_whose_member_the_asker_rated_cold_is_left_out(
    session: Session, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(session, cast.carla, now, summary=SAID)
    monkeypatch.setattr(firms_like_lead, "own_ratings", lambda session, *, rater: {cast.carla.id: (1, 5)})
    assert found(session, cast.nia) == []
    assert found(session) != []


def test_offers_and_wanted_clients_count_while_they_are_live(session: Session, cast: Cast, now: datetime) -> None:
    for kind in (WantedKind.PARTNER, WantedKind.CATEGORY):
        add_wanted(session, member=cast.dana, kind=kind, text=SAID, now=now)
    offer = add_wanted(session, member=cast.carla, kind=WantedKind.OFFER, text=SAID, now=now)
    assert found(session) == [("Copper State Print", "offer", SAID)]
    end_wanted(session, wanted=offer, now=now)
    assert found(session) == []


def test_a_story_is_quoted_while_all_in_it_agree(session: Session, cast: Cast, now: datetime) -> None:
    story = case_study.submit_story(
        session,
        teller=cast.carla,
        others=[cast.dana],
        title="High up",
        text=f"It took a summer. {SAID}",
        year=2025,
        now=now,
    )
    assert found(session) == []
    case_study.agree(session, story=story, by=cast.dana, now=now)
    assert {source for _name, source, _said in found(session)} == {"story"}
    case_study.decline(session, story=story, by=cast.dana, now=now)
    assert found(session) == []


def test_finished_work_is_found_by_its_title(session: Session, cast: Cast, now: datetime) -> None:
    work = Collaboration(
        prime_id=cast.nia.business_id,
        sub_id=cast.carla.business_id,
        title="Church clock and weathervane repair",
        created_at=now,
    )
    session.add(work)
    session.flush()
    assert found(session) == []
    work.finished_at = now
    session.flush()
    bump_world(session)
    assert {name for name, _source, _said in found(session, cast.dana)} == {"Northlight Studio", "Copper State Print"}


def test_what_was_found_is_not_shown_once_its_firm_is_rated_cold_or_hidden(
    session: Session, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(session, cast.carla, now, summary=SAID)
    assert found(session) != []
    rows = [{"business": cast.carla.business_id, "sentence": text_digest(SAID)}]
    assert [like.sentence for like in quoted_firms(session, rows, asker=cast.nia)] == [SAID]
    with monkeypatch.context() as patch:
        patch.setattr(firms_like_lead, "own_ratings", lambda session, *, rater: {cast.carla.id: (1, 5)})
        assert quoted_firms(session, rows, asker=cast.nia) == []
    cast.nia.is_admin = True
    suspend(session, member=cast.carla, by=cast.nia, now=now)
    assert quoted_firms(session, rows, asker=cast.nia) == []


def test_it_takes_three_queries_where_nothing_changed(
    session: Session, engine: Engine, cast: Cast, now: datetime
) -> None:
    write(session, cast.carla, now, summary=SAID)
    found(session, cast.nia)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    quoted_firms(session, [{"business": cast.carla.business_id, "sentence": text_digest(SAID)}], asker=cast.nia)
    assert len(statements) <= 3
