"""An old suggestion does not name members who were suspended since."""

from datetime import datetime

from sqlalchemy import select

from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.leads.suggestion import Suggestion
from directory.people.suspension import suspend
from tests.conftest import DemoCast


def text_of_suggestions(demo_cast: DemoCast, now: datetime) -> str:
    """Return all text of the presented suggestions of the demo."""
    texts: list[str] = []
    for suggestion in demo_cast.session.scalars(select(Suggestion)):
        lead = suggestion.lead
        presenter = SuggestionPresenter(
            demo_cast.session,
            lead=lead,
            suggestion=suggestion,
            asker=lead.member,
            business=lead.business,
            today=now.date(),
        )
        for team in presenter.teams:
            texts += [presenter.headline(team), *(party.business.name for party in presenter.shares(team))]
            texts += [reason.text for reason in presenter.reasons(team)]
            for party in presenter.parties(team):
                texts += [party.called, presenter.brief(team, party).text, *sum(presenter.path(team, party), ())]
            texts += [other.member.name for _, others in presenter.alternates(team) for other in others if other.member]
    return "\n".join(texts)


def test_a_suspended_member_is_not_named_in_an_old_suggestion(demo_cast: DemoCast, now: datetime) -> None:
    bea = demo_cast.member("bea")
    assert bea.first_name in text_of_suggestions(demo_cast, now)
    suspend(demo_cast.session, member=bea, by=demo_cast.member("ada"), now=now)
    demo_cast.session.flush()
    demo_cast.session.expire_all()
    assert bea.first_name not in text_of_suggestions(demo_cast, now)
