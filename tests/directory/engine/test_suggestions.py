"""Suggestions for a lead, from its rows to the stored answer and its text."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from directory.db import bump_world, world_version
from directory.engine.own_vocabulary import capability_named
from directory.engine.suggestion_as_data import suggestion_as_dict
from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.engine.suggestions import latest_suggestion, offered_capabilities, suggest
from directory.engine.world_cache import known_world
from directory.errors import Invalid
from directory.facts.rating import Rating
from directory.leads.lead import Lead, Terms, Wish, create_lead
from directory.leads.suggestion import Answer, Suggestion
from directory.money import Money
from directory.people.business import edit_business
from directory.people.claim import unclaim
from directory.people.tables import MemberState
from matching.signals import SIGNALS
from tests.conftest import DemoCast

STORY = "He wants a company website the staff can edit, and insists on WordPress. About 15,000 dollars, in Tucson."


def lead(demo_cast: DemoCast, now: datetime, *names: str, member: str = "nadia", place: str = "Tucson") -> Lead:
    capabilities = [capability_named(demo_cast.session, name) for name in names]
    return create_lead(
        demo_cast.session,
        member=demo_cast.member(member),
        text="As the client said it.",
        wishes=[Wish(capability.id) for capability in capabilities if capability],
        terms=Terms(place=place, budget=Money(1500000, "USD")),
        now=now,
    )


def presenter_of(demo_cast: DemoCast, suggestion: Suggestion, now: datetime) -> SuggestionPresenter:
    brought = suggestion.lead
    return SuggestionPresenter(
        demo_cast.session,
        lead=brought,
        suggestion=suggestion,
        asker=brought.member,
        business=brought.business,
        today=now.date(),
    )


def test_northlight_leads_and_bramble_builds(demo_cast: DemoCast, now: datetime) -> None:
    suggestion = suggest(demo_cast.session, lead=lead(demo_cast, now, "WordPress", "Web project management"), now=now)
    presenter = presenter_of(demo_cast, suggestion, now)
    best = suggestion.teams[0]
    prime, sub = presenter.parties(best)
    assert (prime.business, sub.business) == (demo_cast.business("northlight"), demo_cast.business("bramble"))
    assert prime.does.startswith("Business development, project management")
    assert sub.needs == ("WordPress",)
    assert [person for _, person in presenter.path(best, sub)] == ["Carla Ruiz", "Bea Lindqvist"]
    assert presenter.path(best, sub)[0][0].startswith("worked with")
    assert presenter.headline(best) == "You lead it, Bramble & Co does WordPress"
    assert "Bea" in presenter.brief(best, sub).text


def test_reasons_sum_to_the_score_and_each_has_its_sentence(demo_cast: DemoCast, now: datetime) -> None:
    suggestion = suggest(demo_cast.session, lead=lead(demo_cast, now, "WordPress", "Copywriting"), now=now)
    presenter = presenter_of(demo_cast, suggestion, now)
    assert len(suggestion.teams) == 3
    for team in suggestion.teams:
        assert sum(reason["contribution"] for reason in team.reasons) == pytest.approx(team.score, abs=1e-9)
        assert len(presenter.reasons(team)) == len(team.reasons)
        assert {signal.name for signal in SIGNALS} <= {reason["signal"] for reason in team.reasons}
        assert all(reason.text for reason in presenter.reasons(team))
        assert sum(seat.share for seat in team.seats) == pytest.approx(1)
    assert [team.score for team in suggestion.teams] == sorted((t.score for t in suggestion.teams), reverse=True)
    assert suggestion.proof["bound"] == suggestion.teams[0].score


def test_a_need_that_nobody_covers_is_answered_with_nobody(demo_cast: DemoCast, now: datetime) -> None:
    suggestion = suggest(demo_cast.session, lead=lead(demo_cast, now, "Elevators & lifts"), now=now)
    presenter = presenter_of(demo_cast, suggestion, now)
    assert suggestion.answer is Answer.NOBODY
    assert suggestion.teams == []
    assert presenter.headline(None) == "Nobody here does this yet"
    assert presenter.open(None)[0].startswith("nobody here does Elevators & lifts")


def test_a_bringer_that_covers_all_needs_is_answered_with_yourself(demo_cast: DemoCast, now: datetime) -> None:
    suggestion = suggest(demo_cast.session, lead=lead(demo_cast, now, "UX design", "Web consulting"), now=now)
    assert suggestion.answer is Answer.YOURSELF
    assert presenter_of(demo_cast, suggestion, now).headline(suggestion.teams[0]) == "You can do this yourself"


def test_a_stored_suggestion_does_not_change_with_the_network(demo_cast: DemoCast, now: datetime) -> None:
    brought = lead(demo_cast, now, "WordPress")
    first = suggest(demo_cast.session, lead=brought, now=now)
    wordpress = capability_named(demo_cast.session, "WordPress")
    assert wordpress is not None
    unclaim(demo_cast.session, business=demo_cast.business("bramble"), capability=wordpress, now=now)
    second = suggest(demo_cast.session, lead=brought, now=now + timedelta(days=1))
    firms = [{seat.business_id for seat in answer.teams[0].seats} for answer in (first, second)]
    assert demo_cast.business("bramble").id in firms[0] - firms[1]
    assert first.world_version != second.world_version
    assert latest_suggestion(demo_cast.session, lead=brought) is second
    assert json.loads(json.dumps(first.teams[0].reasons)) == first.teams[0].reasons


def test_a_firm_whose_members_the_asker_rated_cold_is_not_suggested_to_them(demo_cast: DemoCast, now: datetime) -> None:
    nadia = demo_cast.member("nadia")
    for key in ("bea", "omar"):
        demo_cast.session.add(
            Rating(rater_id=nadia.id, ratee_id=demo_cast.member(key).id, warmth=1, competence=5, rated_at=now)
        )
    demo_cast.session.flush()
    suggestion = suggest(demo_cast.session, lead=lead(demo_cast, now, "WordPress"), now=now)
    named_firms = {seat.business_id for team in suggestion.teams for seat in team.seats} | {
        other["business"] for team in suggestion.teams for seat in team.seats for other in seat.alternates
    }
    assert demo_cast.business("bramble").id not in named_firms
    assert demo_cast.business("saguaro-web").id in named_firms
    others = suggest(
        demo_cast.session, lead=lead(demo_cast, now, "WordPress", member="grace", place="Phoenix"), now=now
    )
    assert demo_cast.business("bramble").id in {seat.business_id for team in others.teams for seat in team.seats}


def test_the_world_is_read_once_per_version(demo_cast: DemoCast, now: datetime) -> None:
    first = known_world(demo_cast.session)
    assert known_world(demo_cast.session) is first
    wordpress = capability_named(demo_cast.session, "WordPress")
    assert wordpress is not None
    unclaim(demo_cast.session, business=demo_cast.business("bramble"), capability=wordpress, now=now)
    second = known_world(demo_cast.session)
    assert second.world.version == world_version(demo_cast.session) != first.world.version
    assert second.lexicon is first.lexicon
    assert len(second.world.claims.business) == len(first.world.claims.business) - 1


def test_a_suspended_member_is_not_in_the_world(demo_cast: DemoCast, now: datetime) -> None:
    before = known_world(demo_cast.session).world
    demo_cast.member("bea").state = MemberState.SUSPENDED
    demo_cast.session.flush()
    bump_world(demo_cast.session)
    after = known_world(demo_cast.session).world
    assert len(after.members.ids) == len(before.members.ids) - 1
    assert demo_cast.member("bea").id not in after.members.ids


def test_a_suggestion_as_dict_has_the_whole_answer_and_stores_nothing(demo_cast: DemoCast, now: datetime) -> None:
    before = demo_cast.session.scalars(select(Suggestion.id)).all()
    answer = suggestion_as_dict(demo_cast.session, text=STORY, bringer="northlight", teams_wanted=2, now=now)
    assert "WordPress" in [need["capability"] for need in answer["needs"]]
    assert sum(need["share"] for need in answer["needs"]) == pytest.approx(1, abs=1e-3)
    best = answer["teams"][0]
    assert best["prime"] == {"business": "Northlight Studio", "member": "Nadia Soto"}
    assert best["subs"][0]["business"] == "Bramble & Co"
    assert best["seats"]["project management"]["business"] == "Northlight Studio"
    assert sum(reason["contribution"] for reason in best["reasons"]) == pytest.approx(best["score"], abs=1e-9)
    assert answer["answer"] == "team"
    assert json.loads(json.dumps(answer)) == answer
    assert demo_cast.session.scalars(select(Suggestion.id)).all() == before


def test_firms_that_write_about_it_are_given_apart_from_teams(demo_cast: DemoCast, now: datetime) -> None:
    bea, said = demo_cast.member("bea"), "We tune the pipe organs of chapels."
    edit_business(demo_cast.session, business=bea.business, by=bea, changes={"summary": said}, now=now)

    def similar(text: str, bringer: str | None = None) -> list[dict[str, str]]:
        answer = suggestion_as_dict(demo_cast.session, text=text, bringer=bringer, teams_wanted=1, now=now)
        assert bool(answer["teams"]) == ("WordPress" in text)
        found: list[dict[str, str]] = answer["similar"]
        return found

    lead = "The pipe organs of two chapels are out of tune"
    assert {"business": "Bramble & Co", "sentence": said, "source": "summary"} in similar(lead)
    assert "Bramble & Co" not in [like["business"] for like in similar(lead, bringer="bramble")]
    assert similar("A website on WordPress") == []  # nothing is open


@pytest.mark.parametrize(("text", "bringer"), [("", None), ("WordPress", "nobody-we-know"), ("x" * 100_000, None)])
def test_invalid_text_or_bringer_raises_invalid(
    demo_cast: DemoCast, now: datetime, text: str, bringer: str | None
) -> None:
    with pytest.raises(Invalid):
        suggestion_as_dict(demo_cast.session, text=text, bringer=bringer, teams_wanted=1, now=now)


def test_runners_up_never_include_what_the_text_negates(demo_cast: DemoCast, now: datetime) -> None:
    text = "Not WordPress. Somebody must teach our staff to spot fake invoices in their mail."
    brought = create_lead(
        demo_cast.session, member=demo_cast.member("nadia"), text=text, wishes=[], terms=Terms(), now=now
    )
    suggestion = suggest(demo_cast.session, lead=brought, now=now)
    offered = [each.name for each in offered_capabilities(demo_cast.session, suggestion=suggestion)]
    assert offered
    assert "WordPress" not in offered
    assert len(offered) <= 6
