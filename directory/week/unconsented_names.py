"""Name consent: which members must not be named in a text that the network publishes, whoever wrote it.

A full name is found in any case, spacing and Unicode spelling. A nickname or a misspelt name is left to whoever
reviews the text.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.people.tables import Member
from directory.text import caseless
from directory.versioned_cache import VersionedCache


class _Names:
    """All members' normalized names by their first word, so that a text is looked up, not compared with each name.

    Names that were normalized ``before`` are not normalized again.
    """

    def __init__(self, names: Iterable[tuple[int, str]], before: "_Names | None") -> None:
        self.by_word: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.normalized: dict[str, tuple[str, str]] = {}  # name -> the same normalized, and its first word
        known = before.normalized if before else {}
        for member_id, name in names:
            self.normalized[name] = normalized, word = known.get(name) or _normalized(name)
            self.by_word[word].append((normalized, member_id))

    def member_ids_in(self, text: str) -> list[int]:
        normalized = caseless(text)
        candidates = (pair for word in {"", *_split_words(normalized)} for pair in self.by_word.get(word, ()))
        return [member_id for name, member_id in candidates if occurs_in(name, normalized)]


def _normalized(name: str) -> tuple[str, str]:
    normalized = caseless(name)
    return normalized, next(iter(_split_words(normalized)), "")


def _version(session: Session) -> tuple[int, int] | None:
    """Return what changes whenever a member is added, renamed or erased. Who consents to be named is never kept."""
    version = world_version(session)
    return (version, session.scalar(select(func.max(Member.id))) or 0) if version else None


def _read(session: Session, before: _Names | None) -> _Names:
    return _Names(((id, name) for id, name in session.execute(select(Member.id, Member.name))), before)


_names = VersionedCache(_read, version=_version).current


class UnconsentedNames:
    """The names of members who do not consent to be named in a post, as of now."""

    def __init__(self, session: Session) -> None:
        self.session, self.names = session, _names(session)

    def found_in(self, text: str) -> list[str]:
        """Return the names of inactive or unconsenting members that occur in ``text``, in member order."""
        if not (member_ids := self.names.member_ids_in(text)):
            return []
        unconsenting = Member.id.in_(member_ids) & (Member.spotlight_at.is_(None) | ~Member.is_active)
        return list(self.session.scalars(select(Member.name).where(unconsenting).order_by(Member.id)))


def names_in(text: str, names: Iterable[str]) -> list[str]:
    """Return those of ``names`` that occur in ``text``, in whatever case and spacing."""
    normalized = caseless(text)
    return [name for name in names if occurs_in(caseless(name), normalized)]


def occurs_in(name: str, text: str) -> bool:
    """Whether ``name`` occurs in ``text`` as a whole word, spelled in the same way."""
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _split_words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
