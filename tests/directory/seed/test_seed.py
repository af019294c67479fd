"""The demo network: its cast and story are complete, and it is written only into an empty database."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from directory.engine.search import search
from directory.errors import Conflict
from directory.facts.claim_level import ClaimLevel, claim_standings
from directory.leads.lead import Lead
from directory.outbox.channel import Channel
from directory.people.claim import Claim
from directory.people.tables import ChapterRole
from directory.seed import seed
from directory.taxonomy.capability import Capability

if TYPE_CHECKING:
    from tests.conftest import DemoCast


def test_the_demo_story_holds(demo_cast: "DemoCast", now: datetime) -> None:
    nadia, northlight, bramble = (
        demo_cast.member("nadia"),
        demo_cast.business("northlight"),
        demo_cast.business("bramble"),
    )
    assert nadia.business is northlight
    wordpress = demo_cast.session.scalars(select(Capability).filter_by(code="web.development.wordpress")).one()
    stands = claim_standings(demo_cast.session, [northlight.id, bramble.id])
    assert (northlight.id, wordpress.id) not in stands
    assert stands[bramble.id, wordpress.id].level_on(now) is ClaimLevel.EVIDENCED
    assert bramble in search(demo_cast.session, text="wordpress tucson").businesses


def test_every_chapter_has_its_roles_and_a_file_channel(demo_cast: "DemoCast") -> None:
    channels = demo_cast.session.scalars(select(Channel)).all()
    assert {(channel.kind, channel.name) for channel in channels} == {("file", "Wednesday folder")}
    roles = demo_cast.session.execute(select(ChapterRole.chapter_id, ChapterRole.role)).all()
    assert len(channels) == 3
    assert len(set(roles)) == 6


def test_dates_are_relative_and_not_in_the_future(demo_cast: "DemoCast", now: datetime) -> None:
    newest = demo_cast.session.scalar(select(func.max(Lead.created_at)))
    assert newest is not None
    assert now - timedelta(days=7) < newest <= now
    claimed = demo_cast.session.scalar(select(func.max(Claim.claimed_at)))
    assert claimed is not None
    assert claimed < now


def test_every_node_of_the_taxonomy_is_embedded(demo_cast: "DemoCast") -> None:
    assert demo_cast.session.scalar(select(func.count()).where(Capability.vector.is_(None))) == 0


def test_a_database_that_is_not_empty_is_not_seeded(demo_cast: "DemoCast", now: datetime) -> None:
    with pytest.raises(Conflict, match="not empty"):
        seed(demo_cast.session, now=now)
