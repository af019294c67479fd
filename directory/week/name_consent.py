"""Silence: whose names must not stand in a text that the network says, whoever wrote it there.

A whole name is found however its signs are written; a nickname or a misspelt one is for who reads the text over.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.people.tables import Member
from directory.text import caseless


class _Names:
    """Everybody's name, caseless, by its first word: a text is looked up, not held against each name."""

    def __init__(self) -> None:
        self.by_word: dict[str, list[tuple[str, int]]] = defaultdict(list)

    def add(self, member_id: int, name: str) -> None:
        written = caseless(name)
        self.by_word[next(iter(_words(written)), "")].append((written, member_id))

    def found_in(self, text: str) -> list[int]:
        told = caseless(text)
        candidates = (pair for word in {"", *_words(told)} for pair in self.by_word.get(word, ()))
        return [member_id for name, member_id in candidates if stands_in_text(name, told)]


_last: tuple[tuple[int, int], _Names] = ((0, 0), _Names())  # one for each process, as the World is


def _names(session: Session) -> _Names:
    """The names of all members, kept until somebody comes or something changes; who is silent is not kept."""
    global _last
    version = world_version(session), session.scalar(select(func.max(Member.id))) or 0
    if version[0] and _last[0] == version:
        return _last[1]
    made = _Names()
    for row in session.execute(select(Member.id, Member.name)):
        made.add(*row)
    _last = (version, made)
    return made


class UnconsentedNames:
    """The members who do not agree to be named in a post, as they are now."""

    def __init__(self, session: Session) -> None:
        self.session, self.names = session, _names(session)

    def broken_by(self, text: str) -> list[str]:
        """Their names that stand in ``text``, in whatever case and spacing."""
        if not (found := self.names.found_in(text)):
            return []
        silent = Member.id.in_(found) & (Member.spotlight_at.is_(None) | ~Member.is_active)
        return list(self.session.scalars(select(Member.name).where(silent).order_by(Member.id)))


def names_in(text: str, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that stand in ``text``, in whatever case and spacing."""
    told = caseless(text)
    return [name for name in names if stands_in_text(caseless(name), told)]


def stands_in_text(name: str, text: str) -> bool:
    """Whether ``name`` stands in ``text`` as a word."""
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
