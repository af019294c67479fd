"""The World of a database: read once per version, kept by the process, and replaced whole."""

from datetime import datetime, timedelta
from threading import Thread

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.engine.world_reader import KnownWorld, read_world

_kept: dict[str, KnownWorld] = {}


def known_world(session: Session) -> KnownWorld:
    """The World of this session's database at its present version, read anew only when the version changed."""
    bind = session.get_bind()
    place = bind.engine.url.render_as_string(hide_password=True)
    kept = _kept.get(place)
    version = world_version(session)
    if kept is None or kept.world.version != version:
        kept = _kept[place] = read_world(session, version, kept)
    return kept


GOOD_FOR = timedelta(seconds=30)
LARGE = 2_000  # members, from which reading them takes a tenth of a second
_asked: dict[str, datetime] = {}


def recent_world(session: Session, *, now: datetime) -> KnownWorld:
    """The World of the last half minute or so: for pages that show ways to people, and change nothing.

    A large one is read beside the request, which goes on with what was known: 10,000 members take half a second.
    """
    place = session.get_bind().engine.url.render_as_string(hide_password=True)
    kept, asked = _kept.get(place), _asked.get(place)
    if kept is not None and asked is not None and timedelta(0) < now - asked < GOOD_FOR:
        return kept
    _asked[place] = now
    if kept is None or len(kept.world.members.ids) < LARGE:
        return known_world(session)
    Thread(target=_renew, args=(session.get_bind().engine,), name="renew the world", daemon=True).start()
    return kept


def _renew(engine: Engine) -> None:
    with Session(engine) as session:
        known_world(session)
