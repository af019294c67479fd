"""Interactions and vouches: between whom, how often, and who decides that they are shown."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.errors import Conflict, DomainError, Invalid, Refused
from directory.facts import interaction, vouch
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.vouch import Vouch
from directory.reports.open_items import open_items
from tests.cast import Cast

WORKED = InteractionKind.WORKED
FIELDS = {"text": "She answers the same day, every time.", "known_as": "worked together"}


def test_an_interaction_is_a_fact_once_the_other_confirms_it(session: Session, cast: Cast, now: datetime) -> None:
    row = interaction.record_interaction(
        session, said_by=cast.nia, other=cast.bea, kind=WORKED, happened_on=now.date(), now=now
    )
    assert open_items(session, member=cast.bea, now=now).interactions == [row]
    assert not interaction.have_met(session, cast.bea, cast.nia)
    with pytest.raises(Refused):
        interaction.confirm(session, interaction=row, by=cast.nia, now=now)
    interaction.confirm(session, interaction=row, by=cast.bea, now=now)
    assert open_items(session, member=cast.bea, now=now).interactions == []
    assert interaction.have_met(session, cast.bea, cast.nia)
    with pytest.raises(Conflict):
        interaction.decline(session, interaction=row, by=cast.bea, now=now)
    interaction.reopen(session, interaction=row, by=cast.bea, now=now)
    assert open_items(session, member=cast.bea, now=now).interactions == [row]


def test_recording_the_same_interaction_as_the_other_confirms_it(session: Session, cast: Cast, now: datetime) -> None:
    row = interaction.record_interaction(
        session, said_by=cast.nia, other=cast.bea, kind=WORKED, happened_on=date(2024, 3, 1), now=now
    )
    again = interaction.record_interaction(
        session, said_by=cast.bea, other=cast.nia, kind=WORKED, happened_on=date(2024, 9, 9), now=now
    )
    assert again is row
    assert row.confirmed_at == now


def test_a_pair_has_one_interaction_per_kind_and_year(session: Session, cast: Cast, now: datetime) -> None:
    for kind, year in ((WORKED, 2023), (WORKED, 2024), (InteractionKind.MET, 2024)):
        interaction.record_interaction(
            session, said_by=cast.nia, other=cast.bea, kind=kind, happened_on=date(year, 1, 1), now=now
        )
    with pytest.raises(Conflict):
        interaction.record_interaction(
            session, said_by=cast.nia, other=cast.bea, kind=WORKED, happened_on=date(2024, 5, 5), now=now
        )


def test_only_its_author_withdraws_an_interaction(session: Session, cast: Cast, now: datetime) -> None:
    row = interaction.record_interaction(
        session, said_by=cast.nia, other=cast.bea, kind=WORKED, happened_on=now.date(), now=now
    )
    with pytest.raises(Refused):
        interaction.withdraw(session, interaction=row, by=cast.bea, now=now)
    interaction.withdraw(session, interaction=row, by=cast.nia, now=now)
    assert session.scalar(select(Interaction)) is None


def test_a_declined_interaction_is_not_asked_again_but_may_be_recorded_by_the_other(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = interaction.record_interaction(
        session, said_by=cast.nia, other=cast.bea, kind=WORKED, happened_on=now.date(), now=now
    )
    interaction.decline(session, interaction=row, by=cast.bea, now=now)
    assert open_items(session, member=cast.bea, now=now).interactions == []
    with pytest.raises(Conflict):
        interaction.record_interaction(
            session, said_by=cast.nia, other=cast.bea, kind=WORKED, happened_on=now.date(), now=now
        )
    interaction.record_interaction(
        session, said_by=cast.bea, other=cast.nia, kind=WORKED, happened_on=now.date(), now=now
    )
    assert interaction.have_met(session, cast.nia, cast.bea)


def test_an_interaction_is_between_two_firms_and_not_in_the_future(session: Session, cast: Cast, now: datetime) -> None:
    for other in (cast.bob, cast.bea):
        with pytest.raises(Refused):
            interaction.record_interaction(
                session, said_by=cast.bea, other=other, kind=WORKED, happened_on=now.date(), now=now
            )
    later = now.date() + timedelta(days=2)
    with pytest.raises(Invalid) as refused:
        interaction.record_interaction(
            session, said_by=cast.bea, other=cast.nia, kind=WORKED, happened_on=later, now=now
        )
    assert refused.value.field == "happened_on"


def test_a_vouch_is_shown_only_while_its_receiver_accepts_it(session: Session, cast: Cast, now: datetime) -> None:
    row = vouch.vouch(session, giver=cast.carla, receiver=cast.bea, now=now, **FIELDS)
    assert open_items(session, member=cast.bea, now=now).vouches == [row]
    assert vouch.shown_vouches(session, member=cast.bea) == []
    for act in (vouch.accept, vouch.decline, vouch.reopen):
        with pytest.raises(Refused):
            act(session, vouch=row, by=cast.carla, now=now)
    vouch.accept(session, vouch=row, by=cast.bea, now=now)
    assert vouch.shown_vouches(session, member=cast.bea) == [row]
    vouch.decline(session, vouch=row, by=cast.bea, now=now)
    assert vouch.shown_vouches(session, member=cast.bea) == open_items(session, member=cast.bea, now=now).vouches == []
    vouch.reopen(session, vouch=row, by=cast.bea, now=now)
    assert open_items(session, member=cast.bea, now=now).vouches == [row]


def test_a_giver_has_one_vouch_per_capability_and_one_without(session: Session, cast: Cast, now: datetime) -> None:
    for capability in (None, cast.wordpress, cast.design):
        vouch.vouch(session, giver=cast.carla, receiver=cast.bea, capability=capability, now=now, **FIELDS)
        with pytest.raises(Conflict):
            vouch.vouch(session, giver=cast.carla, receiver=cast.bea, capability=capability, now=now, **FIELDS)


def test_only_its_giver_withdraws_a_vouch(session: Session, cast: Cast, now: datetime) -> None:
    row = vouch.vouch(session, giver=cast.carla, receiver=cast.bea, now=now, **FIELDS)
    with pytest.raises(Refused):
        vouch.withdraw(session, vouch=row, by=cast.bea, now=now)
    vouch.withdraw(session, vouch=row, by=cast.carla, now=now)
    assert session.scalar(select(Vouch)) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "Good."}, "text"),
        ({"text": "x" * 601}, "text"),
        ({"text": "She is \u202e always there."}, "text"),
        ({"known_as": ""}, "known_as"),
    ],
)
def test_an_invalid_vouch_names_the_wrong_field(
    session: Session, cast: Cast, now: datetime, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        vouch.vouch(session, giver=cast.carla, receiver=cast.bea, now=now, **(FIELDS | wrong))
    assert refused.value.field == field


def test_nobody_vouches_for_a_member_of_their_own_firm(session: Session, cast: Cast, now: datetime) -> None:
    for receiver in (cast.bob, cast.bea):
        with pytest.raises(Refused):
            vouch.vouch(session, giver=cast.bea, receiver=receiver, now=now, **FIELDS)
