"""An old suggestion names nobody who was suspended since."""

from datetime import datetime

from sqlalchemy import select

from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.leads.suggestion import Suggestion
from directory.people.suspension import suspend
from tests.conftest import Cast


def told(cast: Cast, now: datetime) -> str:
    """Every word of the answer to the lead whose first team has Bea in it."""
    words: list[str] = []
    for suggestion in cast.session.scalars(select(Suggestion)):
        lead = suggestion.lead
        telling = SuggestionPresenter(
            cast.session,
            lead=lead,
            suggestion=suggestion,
            asker=lead.member,
            business=lead.business,
            today=now.date(),
        )
        for team in telling.teams:
            words += [telling.headline(team), telling.shares(team), *(reason.text for reason in telling.reasons(team))]
            for party in telling.parties(team):
                words += [party.called, telling.brief(party).text, *sum(telling.path(team, party), ())]
            words += [other.member.name for _, others in telling.alternates(team) for other in others if other.member]
    return "\n".join(words)


def test_a_suspended_member_is_named_in_no_old_suggestion(cast: Cast, now: datetime) -> None:
    bea = cast.member("bea")
    assert bea.first_name in told(cast, now)
    suspend(cast.session, member=bea, by=cast.member("ada"), now=now)
    cast.session.flush()
    cast.session.expire_all()
    assert bea.first_name not in told(cast, now)
