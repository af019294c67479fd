"""Values made of many rows, kept per process and database, and made anew when the rows changed."""

from collections.abc import Callable, Hashable
from threading import Lock, Thread
from time import monotonic
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from directory.db import world_version

LARGE = 300  # the size from which building a value takes a tenth of a second
MAX_AGE = 300.0  # seconds
REST = (
    19  # times that a build took, before the next one in the background: each takes a twentieth of a processor at most
)
Value = TypeVar("Value")


class VersionedCache(Generic[Value]):
    """A value per database, built once per version, by one thread at a time.

    ``build`` gets a session and the value before, if any; ``size`` tells how large a value is. A falsy version, that of
    a database in which nothing was written yet, is never kept.
    """

    def __init__(
        self,
        build: Callable[[Session, Value | None], Value],
        *,
        version: Callable[[Session], Hashable] = world_version,
        size: Callable[[Value], int] = lambda _value: 0,
    ) -> None:
        self._build, self._version, self._size = build, version, size
        self._kept: WeakKeyDictionary[Engine, _Kept[Value]] = WeakKeyDictionary()

    def current(self, session: Session) -> Value:
        """Return the value of the rows as this session sees them, with what it wrote itself."""
        kept, version = self._of(session), self._version(session)
        if (value := kept.at(version)) is None:
            with kept.is_building:
                if (value := kept.at(version)) is None:
                    began = monotonic()
                    value = self._build(session, kept.latest[1])
                    kept.latest, kept.checked_at = (version, value), began
                    kept.rests_until = monotonic() + REST * (monotonic() - began)
        return value

    def recent(self, session: Session) -> Value:
        """Return the value, or of a large one what it was: for a reader who can do without the latest changes.

        Then a thread builds it anew. What was is served for some seconds, never for more than MAX_AGE.
        """
        kept = self._of(session)
        value = kept.latest[1]
        if value is None or self._size(value) < LARGE or monotonic() - kept.checked_at > MAX_AGE:
            return self.current(session)
        if kept.at(self._version(session)) is None:
            kept.refresh(self.current, session.get_bind().engine)
        return value

    def ready(self, session: Session) -> Value | None:
        """Return the value of the rows as this session sees them if it is built already."""
        return self._of(session).at(self._version(session))

    def _of(self, session: Session) -> "_Kept[Value]":
        engine = session.get_bind().engine
        kept = self._kept.get(engine) or self._kept.setdefault(engine, _Kept[Value](engine))
        return kept


class _Kept(Generic[Value]):
    """What is kept for one database: the latest value with its version, and when it was known to be that."""

    def __init__(self, engine: Engine) -> None:
        self.latest: tuple[Hashable, Value | None] = (0, None)
        self.checked_at = self.rests_until = 0.0
        self.is_building, self._is_starting, self._refresh = Lock(), Lock(), Thread()
        event.listen(engine, "engine_disposed", self._wait)

    def at(self, version: Hashable) -> Value | None:
        """Return the value if it is of this version."""
        is_at, value = self.latest
        if not version or is_at != version:
            return None
        self.checked_at = monotonic()
        return value

    def refresh(self, build: Callable[[Session], object], engine: Engine) -> None:
        """Build in a thread, unless one does, or did a moment ago."""
        with self._is_starting:
            if not self._refresh.is_alive() and monotonic() >= self.rests_until:
                self._refresh = Thread(target=_build, args=(build, engine), name="refresh")
                self._refresh.start()

    def _wait(self, _engine: Engine) -> None:
        """Wait until no thread builds: none has a connection after its engine was disposed."""
        if self._refresh.is_alive():
            self._refresh.join()


def _build(build: Callable[[Session], object], engine: Engine) -> None:
    with engine.connect() as connection:
        connection.detach()  # closed at the end: returned to a pool that was disposed meanwhile, it would stay open
        with Session(connection) as session:
            build(session)
