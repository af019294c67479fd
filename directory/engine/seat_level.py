"""How well a seat of a team is backed: the level of the claim, and the firm's own sentence that speaks for it."""

from collections.abc import Mapping
from typing import Any

from directory.leads.suggestion import Seat, SeatKind, Team

SAYS = "says"  # the level of a firm that only writes about the need


def seat_level(team: Team, seat: Seat) -> str:
    """Return the level of the claim that fills a need's seat: says, claimed, vouched or evidenced."""
    return str(_data(team, seat, "fit")["level"])


def seat_statement(team: Team, seat: Seat) -> str | None:
    """Return the digest of the firm's sentence that speaks for it in a need's seat, or None."""
    said = _data(team, seat, "statement")
    return None if said.get("is_against") else said.get("sentence")


def seats_by_words_alone(team: Team) -> list[Seat]:
    """Return the seats for which nothing but the firm's own words speaks: nobody claims, vouches or has shown it."""
    return [seat for seat in team.seats if seat.kind is SeatKind.NEED and seat_level(team, seat) == SAYS]


def _data(team: Team, seat: Seat, signal: str) -> Mapping[str, Any]:
    """Return the data of the reason of ``signal`` for the seat; empty in an answer from before there was one."""
    about = (
        reason["data"]
        for reason in team.reasons
        if reason["signal"] == signal
        and reason["business"] == seat.business_id
        and reason["data"]["need"] == seat.capability_id
    )
    return next(about, {})
