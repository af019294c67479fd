"""Kill workers at random instants while the networks drop connections: each post arrives once.

``CHAOS_KILLS`` is the number of kills; ``make chaos`` sets 150.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from directory import safe_http
from directory.clock import utc_now
from directory.db import Base, connect, write_session
from directory.outbox.channel import Channel, store_secrets
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.post_snapshot import PostSnapshot
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.secrets import SecretBox
from directory.settings import load_settings
from tests.conftest import REAL_DATA
from tests.jobs.channels import platforms
from tests.jobs.channels.platforms import LOOKED_AT, STAND_INS, Platform
from tests.jobs.test_crash import storm
from tests.services import x
from tests.services.proxy import Fault, Proxy

KILLS = int(os.environ.get("CHAOS_KILLS", "8"))
KINDS = tuple(STAND_INS)
DESCRIPTION = REAL_DATA / "x-openapi.json.gz"
OVER = (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.UNKNOWN)
pytestmark = pytest.mark.slow


class FaultyProxy(Proxy):
    """A proxy that drops 12 % of the requests, before or after they are carried out, and delays half of all."""

    def fault(self, method: str, path: str) -> Fault | None:
        chance = random.random()
        what = "before" if chance < 0.06 else "after" if chance < 0.12 else ""
        return Fault(method, path, what, delay=random.uniform(0, 0.25)) if chance < 0.5 else None


def write_chapters(engine: Engine, accounts: dict[str, Platform], secrets: SecretBox, numbers: range) -> None:
    """Write chapters due five minutes ago, each with a channel of every kind and a member to mention."""
    now = utc_now()
    at = now - timedelta(minutes=5)
    with write_session(engine) as session:
        for number in numbers:
            chapter = Chapter(key=f"c{number}", name=f"Chapter {number}", zone="UTC")
            chapter.weekday, chapter.post_time = at.weekday(), at.time()
            business = Business(name=f"Firm {number}", chapter=chapter, created_at=now)
            session.add(Member(name=f"Alma {number}", business=business, joined_at=now, spotlight_at=now))
            for kind, platform in accounts.items():
                said = dict(platform.account.settings)
                channel = Channel(chapter=chapter, kind=kind, name=kind, settings=said)
                session.add(channel)
                session.flush()
                store_secrets(channel, platform.account.secrets, secrets)


def wait_for_deliveries(
    folder: Path, engine: Engine, write: Callable[[range], None], kinds: int, kills: int, wave: int
) -> list[Delivery]:
    """Let ``wave`` chapters fall due with each kill, so that it interrupts work; wait until all posts are over."""
    end, written, is_over = time.monotonic() + 60 + 6 * kills, 0, False
    while not is_over and time.monotonic() < end:
        died = folder / "kills"
        struck = int(died.read_text() or 0) if died.exists() else 0
        if written < (due := wave * min(struck + 1, kills)):
            write(range(written, due))
            written = due
        time.sleep(0.5)
        with Session(engine) as session:
            mine = Delivery.channel_id.is_not(None)
            is_left = session.scalar(select(Delivery.id).where(mine, Delivery.state.not_in(OVER)).limit(1))
            there = session.scalar(select(func.count()).select_from(Delivery).where(mine))
        is_over = struck >= kills and is_left is None and there == written * kinds
    with Session(engine) as session:
        rows = list(session.scalars(select(Delivery).where(mine)))
        kind_of = {row.id: row.channel.kind for row in rows}
    for row in rows:
        row.reason = f"{kind_of[row.id]}: {row.reason}"
    return rows


@contextmanager
def networks(
    folder: Path, kinds: tuple[str, ...], *, allows_duplicates: bool = False
) -> Iterator[tuple[Engine, dict[str, Platform], Callable[[range], None]]]:
    """An empty database, an account of each kind at a network that drops connections, and what writes chapters."""
    settings = load_settings({"GOODWORD_HOME": str(folder / "home")})
    engine = connect(f"sqlite:///{folder / 'chaos.db'}")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        stack.callback(engine.dispose)
        patch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
        patch.setattr(platforms, "Proxy", FaultyProxy)
        described = {"description": DESCRIPTION} if DESCRIPTION.exists() else {}
        patch.setattr(x, "FakeX", partial(x.FakeX, most=10**6, allows_duplicates=allows_duplicates, **described))
        there = {kind: STAND_INS[kind].make(stack, settings) for kind in kinds}
        if "mail" in there:
            patch.setenv("GOODWORD_MAIL_URL", there["mail"].account.installation.mail_url)
        Base.metadata.create_all(engine)
        yield engine, there, partial(write_chapters, engine, there, SecretBox(settings.encryption_keys))


def arrivals(there: dict[str, Platform]) -> Counter[tuple[str, str]]:
    """Count how often each post arrived, by kind and text."""
    return Counter((kind, even(text)) for kind, platform in there.items() for text in platform.texts())


def play(
    folder: Path, kinds: tuple[str, ...], kills: int, *flags: str, wave: int = 1
) -> tuple[Counter[tuple[str, str]], list[Delivery]]:
    """Return how often each post arrived, by kind and text, and the deliveries in their final states."""
    with networks(folder, kinds, allows_duplicates="--blind" in flags) as (engine, there, write):
        with storm(folder, str(engine.url), "filesystem://", "--wild", str(kills), *flags):
            rows = wait_for_deliveries(folder, engine, write, len(kinds), kills, wave)
        return arrivals(there), rows


def even(text: str) -> str:
    return " ".join(text.split())  # mail ends its lines in its own way


def of(row: Delivery) -> tuple[str, str]:
    return row.reason.partition(":")[0], even(PostSnapshot.from_bytes(row.payload).text)


def test_each_post_arrives_once_when_workers_are_killed_at_random(tmp_path: Path) -> None:
    arrived, rows = play(tmp_path, KINDS, KILLS)
    ends = Counter((of(row)[0], row.state) for row in rows)
    lost = [of(row)[0] for row in rows if row.state is DeliveryState.DELIVERED and arrived[of(row)] < 1]
    doubled = [kind for (kind, _), times in arrived.items() if times > 1]
    again = sum(row.attempts > 1 for row in rows)
    said = f"kills={KILLS} posts={len(rows)} tried again={again} lost={len(lost)} doubled={len(doubled)} {dict(ends)}\n"
    sys.stdout.write(said)
    assert (len(rows), lost, doubled) == (KILLS * len(KINDS), [], [])
    log = (tmp_path / "log").read_text()[-3000:]
    assert {state for kind, state in ends if kind in LOOKED_AT} == {DeliveryState.DELIVERED}, log
    assert {state for _, state in ends} <= {DeliveryState.DELIVERED, DeliveryState.UNKNOWN}, log


def test_blind_retries_duplicate_posts_where_the_network_allows_it(tmp_path: Path) -> None:
    arrived, _ = play(tmp_path, ("x",), 5, "--blind", wave=8)
    assert max(arrived.values()) > 1
