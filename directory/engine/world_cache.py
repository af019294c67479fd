"""The World of a database, cached per process: read once per version and replaced as a whole."""

from datetime import datetime, timedelta
from threading import Thread

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.engine.world_reader import KnownWorld, read_world

_cache: dict[str, KnownWorld] = {}  # by database address


def known_world(session: Session) -> KnownWorld:
    """Return the World of this session's database at its current version; read it only if the version changed."""
    bind = session.get_bind()
    address = bind.engine.url.render_as_string(hide_password=True)
    cached = _cache.get(address)
    version = world_version(session)
    if cached is None or cached.world.version != version:
        cached = _cache[address] = read_world(session, version, cached)
    return cached


GOOD_FOR = timedelta(seconds=30)
LARGE = 2_000  # the number of members from which reading takes a tenth of a second
_checked_at: dict[str, datetime] = {}


def recent_world(session: Session, *, now: datetime) -> KnownWorld:
    """Return a World that may be about half a minute old, for pages that only show paths to people.

    A large World is refreshed in a thread, and this request uses the old one: 10,000 members take half a second.
    """
    address = session.get_bind().engine.url.render_as_string(hide_password=True)
    cached, checked_at = _cache.get(address), _checked_at.get(address)
    if cached is not None and checked_at is not None and timedelta(0) < now - checked_at < GOOD_FOR:
        return cached
    _checked_at[address] = now
    if cached is None or len(cached.world.members.ids) < LARGE:
        return known_world(session)
    Thread(target=_refresh, args=(session.get_bind().engine,), name="refresh the world", daemon=True).start()
    return cached


def _refresh(engine: Engine) -> None:
    with Session(engine) as session:
        known_world(session)
