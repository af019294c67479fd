"""What firms write is evidence for seats as far as every member may read it, and its vectors live as long."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from directory.engine import firm_sentences, suggestion_as_data
from directory.engine.firm_sentences import TextSource, known_sentences, quotable_sentences
from directory.engine.own_vocabulary import Vocabulary, capability_named
from directory.engine.pairing_texts import pairing_texts
from directory.engine.sentence_encoder import Model, load_model
from directory.engine.suggestion_as_data import suggestion_as_dict
from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.engine.suggestions import UnderstoodText, suggest
from directory.engine.text_embedding import TextEmbedding, embed_texts, load_embeddings, text_digest
from directory.leads.lead import MatchedBy, Terms, Wish, create_lead
from directory.people.business import edit_business
from directory.people.claim import Claim
from directory.people.suspension import suspend
from directory.taxonomy.capability import Capability
from jobs.housekeeping import embed_sentences
from tests.cast import Cast
from tests.conftest import DemoCast

SAID = "We repair the clocks of church towers and gild the weathervane."
LEAD = "The clock of our church tower stopped: who repairs it, and gilds the weathervane?"


def seats(session: Session, now: datetime) -> list[tuple[str, str, str | None]]:
    """Return firm, level and quoted sentence of the first team's seats for a need."""
    answer = suggestion_as_dict(session, text=LEAD, bringer=None, teams_wanted=1, now=now)
    found = [seat for team in answer["teams"] for seat in team["seats"].values() if "level" in seat]
    return [(seat["business"], seat["level"], (seat["quote"] or {}).get("sentence")) for seat in found]


@pytest.fixture
def needs_web(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    """Whatever a lead says, it is taken to need web development."""
    wish = Wish(cast.web.id, matched_by=MatchedBy.MEANING, phrase=LEAD)
    monkeypatch.setattr(suggestion_as_data, "understand", lambda *_, **__: UnderstoodText((wish,), (), (), ""))


@pytest.mark.usefixtures("needs_web")
def test_a_seat_is_filled_by_a_sentence_as_long_as_members_may_read_it(
    session: Session, cast: Cast, now: datetime
) -> None:
    assert "Copper State Print" not in {firm for firm, *_ in seats(session, now)}
    edit_business(session, business=cast.carla.business, by=cast.carla, changes={"summary": SAID}, now=now)
    assert seats(session, now) == [("Copper State Print", "says", SAID)]
    edit_business(
        session,
        business=cast.carla.business,
        by=cast.carla,
        changes={"not_a_fit": "The stopped clocks of church towers: we neither repair them nor gild the weathervane."},
        now=now,
    )
    assert "Copper State Print" not in {firm for firm, *_ in seats(session, now)}


def test_a_word_of_the_networks_own_is_a_sentence_of_its_firms(session: Session, cast: Cast, now: datetime) -> None:
    ((own_id,), _new), firm = Vocabulary(session).learn("Tower clock repair", origin="list.csv"), cast.carla.business
    own = session.get_one(Capability, own_id)
    session.add(Claim(business=firm, capability=own, claimed_at=now))
    firm.summary = ""
    session.flush()
    said = quotable_sentences(session, [firm.id])
    assert [each.text for each in said.values() if each.source is TextSource.OWN_WORD] == ["Tower clock repair"]
    firm.summary = SAID  # which says more
    session.flush()
    assert {each.text for each in quotable_sentences(session, [firm.id]).values()} >= {SAID}
    assert not [each for each in quotable_sentences(session, [firm.id]).values() if each.source is TextSource.OWN_WORD]
    firm.summary, own.hidden_at = "", now
    session.flush()
    said = quotable_sentences(session, [firm.id])
    assert not [each for each in said.values() if each.source is TextSource.OWN_WORD]


@pytest.mark.usefixtures("needs_web")
def test_whom_a_firm_serves_gives_it_no_seat(session: Session, cast: Cast, now: datetime) -> None:
    edit_business(session, business=cast.carla.business, by=cast.carla, changes={"best_customers": SAID}, now=now)
    assert "Copper State Print" not in {firm for firm, *_ in seats(session, now)}


def test_a_stored_answer_quotes_what_stands_there_now(demo_cast: DemoCast, now: datetime) -> None:
    session, bea = demo_cast.session, demo_cast.member("bea")
    edit_business(session, business=bea.business, by=bea, changes={"summary": SAID}, now=now)
    wordpress = capability_named(session, "WordPress")
    assert wordpress is not None
    wishes, nadia = [Wish(wordpress.id)], demo_cast.member("nadia")
    lead = create_lead(session, member=nadia, text=LEAD, wishes=wishes, terms=Terms(), now=now)
    suggestion = suggest(session, lead=lead, now=now)

    def told() -> str:
        shown = SuggestionPresenter(
            session, lead=lead, suggestion=suggestion, asker=lead.member, business=lead.business, today=now.date()
        )
        return " ".join(reason.text for reason in shown.reasons(suggestion.teams[0]))

    assert SAID not in str(suggestion.teams[0].reasons)
    assert f"They write: “{SAID}” (what they do)" in told()
    edit_business(session, business=bea.business, by=bea, changes={"summary": "We rest."}, now=now)
    assert SAID not in told()
    assert "has changed since" in told()


def test_a_team_of_words_alone_is_not_called_proven(demo_cast: DemoCast, now: datetime) -> None:
    session, bea = demo_cast.session, demo_cast.member("bea")
    edit_business(session, business=bea.business, by=bea, changes={"summary": SAID}, now=now)
    text, nadia = "Elevators & lifts. " + LEAD, demo_cast.member("nadia")
    lifts = capability_named(session, "Elevators & lifts")
    assert lifts is not None
    lead = create_lead(session, member=nadia, text=text, wishes=[Wish(lifts.id)], terms=Terms(), now=now)
    suggestion = suggest(session, lead=lead, now=now)
    shown = SuggestionPresenter(
        session, lead=lead, suggestion=suggestion, asker=nadia, business=lead.business, today=now.date()
    )
    assert "own words" in shown.unproven(suggestion.teams[0])
    assert shown.proof(suggestion.teams[0]) == "Not all of this is proven."


def count(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(TextEmbedding)) or 0


def test_sentences_are_embedded_by_a_job_and_forgotten_with_their_text(
    engine: Engine, session: Session, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_business(session, business=cast.carla.business, by=cast.carla, changes={"summary": SAID}, now=now)
    session.commit()
    assert known_sentences(session).missing() == [SAID]
    others = {*pairing_texts(session)} - {SAID}
    assert [embed_sentences(engine) for _ in range(2)] == [1 + len(others), 0]
    session.rollback()
    assert known_sentences(session).missing() == []
    cast.nia.is_admin = True
    suspend(session, member=cast.carla, by=cast.nia, now=now)
    session.commit()
    session.rollback()
    embed_sentences(engine)
    assert count(engine) == len({*pairing_texts(session)})
    assert not load_embeddings(session, {text_digest(text) for text in (SAID, "Copper State Print")})


def test_a_request_never_embeds_what_firms_write(
    session: Session, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_business(session, business=cast.carla.business, by=cast.carla, changes={"summary": SAID}, now=now)
    seen: list[str] = []
    encode = Model.encode
    monkeypatch.setattr(Model, "encode", lambda self, texts: seen.extend(texts) or encode(self, texts))
    seats(session, now)
    assert SAID not in seen


def test_vectors_are_read_as_they_were_stored(engine: Engine, session: Session, cast: Cast, now: datetime) -> None:
    edit_business(session, business=cast.carla.business, by=cast.carla, changes={"summary": SAID}, now=now)
    session.commit()
    model = load_model()
    assert model is not None
    assert [*embed_texts(engine, model, [SAID]), *embed_texts(engine, model, [SAID])] == [1, 1]
    assert count(engine) == 1
    session.rollback()
    known = known_sentences(session)
    assert known.vectors[0] @ model.encode([SAID])[0] == pytest.approx(1, abs=0.01)
    longer = {"summary": f"{SAID} Yes, in gold."}
    edit_business(session, business=cast.carla.business, by=cast.carla, changes=longer, now=now)
    assert known_sentences(session).missing() == ["Yes, in gold."]


def test_some_firms_sentences_are_read_as_all_of_them_are(demo: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with Session(demo) as session:
        known = known_sentences(session)
        ids = [firm.id for firm in known.firms]
        for some in (ids, ids[::3], [*ids[:2], max(ids) + 1], []):
            kept = quotable_sentences(session, some)
            with monkeypatch.context() as patch:
                patch.setattr(firm_sentences._sentences, "ready", lambda _session: None)
                assert quotable_sentences(session, some) == kept
            assert {id for id, _digest in kept} == {*some} & {*ids}
