"""A suggestion as plain data, for the command line and other programs; nothing is stored."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from directory.engine.firms_like_lead import quoted_firms
from directory.engine.seat_level import seat_level, seat_statement
from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.engine.suggestions import UnderstoodText, understand, unsaved_suggestion
from directory.errors import Invalid
from directory.interpretation.lead_budget import read_budget
from directory.interpretation.lead_due_date import read_due_date
from directory.interpretation.value_or_question import Reading
from directory.leads.lead import Terms, Wish, clean_lead_text, draft_lead
from directory.leads.suggestion import Seat, Team
from directory.money import Money
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _


def reading_as_dict(session: Session, *, text: str, now: datetime) -> dict[str, Any]:
    """Return what ``text`` is taken to say, with no answer to it. Raises Invalid for an invalid text."""
    text = clean_lead_text(text)
    understood, terms = understand(session, text=text), _read_terms(text, "", now)
    needs = [
        {**_capability(session, wish), "must": wish.is_must, "matched_by": wish.matched_by.value}
        for wish in understood.wishes
    ]
    return {"needs": needs, **_besides_needs(session, understood, terms)}


def _read_terms(text: str, country: str, now: datetime) -> tuple[Reading[Money], Reading[date]]:
    return read_budget(text, country=country), read_due_date(text, today=now.date(), country=country)


def _besides_needs(
    session: Session, understood: UnderstoodText, terms: tuple[Reading[Money], Reading[date]]
) -> dict[str, Any]:
    budget, due = terms
    return {
        "offered": [_capability(session, wish) for wish in understood.likely],
        "refused": [_capability(session, wish) for wish in understood.negated],
        "budget": {"minor": budget.value.minor, "currency": budget.value.currency} if budget.value else None,
        "due": due.value.isoformat() if due.value else None,
        "place": understood.place or None,
        "asks": [reading.question for reading in terms if reading.question],
    }


def _capability(session: Session, wish: Wish) -> dict[str, Any]:
    capability = session.get_one(Capability, wish.capability_id)
    return {"capability": capability.name, "code": capability.code}


def suggestion_as_dict(
    session: Session, *, text: str, bringer: str | None, teams_wanted: int, now: datetime
) -> dict[str, Any]:
    """Return the engine's answer to ``text``, asked by the firm ``bringer`` (its key, public id or name).

    Uses shareable facts and published bands only. The contributions of a team's reasons sum to its score. Of a lead
    that is handed over, "prime" and "subs" are the firms that take it. Raises Invalid for an invalid text or an unknown
    firm.
    """
    text = clean_lead_text(text)
    business = _business(session, bringer) if bringer else None
    asker = business.members[0] if business is not None and business.members else None
    understood = understand(session, text=text)
    budget, due = _read_terms(text, business.country if business is not None else "", now)
    terms = Terms(place=understood.place, budget=budget.value, due_on=due.value)
    lead = draft_lead(
        business_id=business.id if business else None, text=text, wishes=understood.wishes, terms=terms, now=now
    )
    suggestion = unsaved_suggestion(session, lead=lead, asker=asker, own={}, teams_wanted=teams_wanted, now=now)
    presenter = SuggestionPresenter(
        session, lead=lead, suggestion=suggestion, asker=asker, business=business, today=now.date()
    )
    codes = {wish.capability_id: _capability(session, wish)["code"] for wish in understood.wishes}
    return {
        **_besides_needs(session, understood, (budget, due)),
        "needs": [
            {
                "capability": presenter.names.capability(need.capability_id),
                "code": codes[need.capability_id],
                "must": need.is_must,
                "share": None if need.capability_id in presenter.restricted else round(need.share, 4),
                "matched_by": need.matched_by.value,
            }
            for need in lead.needs
        ],
        "not_needed": [presenter.names.capability(wish.capability_id) for wish in understood.negated],
        "teams": [_team(presenter, team, suggestion.proof) for team in suggestion.teams],
        "missing": [presenter.names.capability(gap["capability"]) for gap in suggestion.missing],
        "similar": [
            {"business": like.business, "sentence": like.sentence, "source": like.source.value}
            for like in quoted_firms(session, suggestion.similar, asker=asker)
        ],
        "answer": suggestion.answer.value,
        "model": suggestion.model,
    }


def _business(session: Session, text: str) -> Business:
    statement = select(Business).where(
        or_(Business.key == text, Business.public_id == text, func.lower(Business.name) == text.lower())
    )
    business = session.scalars(statement.order_by(Business.id).limit(1)).one_or_none()
    if business is None:
        raise Invalid(_("There is no firm “%(name)s”; give its key, its id or its full name.", name=text), field="from")
    return business


def _team(presenter: SuggestionPresenter, team: Team, proof: dict[str, Any]) -> dict[str, Any]:
    names, parties, shape = presenter.names, presenter.parties(team), presenter.shape(team)
    seats = {_seat(presenter, seat): seat for seat in team.seats}
    return {
        "headline": presenter.headline(team),
        "shape": shape and shape.value,
        "match": presenter.match(team),
        "score": team.score,
        "shown": team.shown,
        "prime": _who(parties[0].business, parties[0].member),
        "subs": [{**_who(sub.business, sub.member), "needs": list(sub.needs)} for sub in parties[1:]],
        "seats": {
            title: {
                **_who(names.businesses[seat.business_id], names.members.get(seat.member_id or 0)),
                **(_level(presenter, team, seat) if seat.capability_id is not None else {}),
            }
            for title, seat in seats.items()
        },
        "alternates": {
            title: [
                {
                    **_who(names.businesses[other["business"]], names.members.get(other["member"])),
                    "shown": other["shown"],
                    "match": presenter.match(team, other=other),
                    "known": other["known"],
                }
                for other in seat.alternates
            ]
            for title, seat in seats.items()
            if seat.alternates
        },
        "reasons": [
            {
                "signal": reason.signal,
                "business": names.businesses[reason.business].name,
                "contribution": reason.contribution,
                "text": reason.text,
            }
            for reason in presenter.reasons(team)
        ],
        "why": [reason.text for reason in presenter.why(team)],
        "missing": [names.capability(capability) for capability in team.missing],
        "proof": proof,
    }


def _seat(presenter: SuggestionPresenter, seat: Seat) -> str:
    return seat.kind.value if seat.capability_id is None else presenter.names.capability(seat.capability_id)


def _level(presenter: SuggestionPresenter, team: Team, seat: Seat) -> dict[str, Any]:
    said = presenter.names.said.get((seat.business_id, seat_statement(team, seat) or ""))
    quote = said and {"sentence": said.text, "source": said.source.value, "day": said.day and said.day.isoformat()}
    return {"level": seat_level(team, seat), "quote": quote}


def _who(business: Business, member: Member | None) -> dict[str, Any]:
    return {"business": business.name, "member": member.name if member else None}
