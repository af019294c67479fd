"""Audiences: the fields whose owner says who may see them, and what holds until they do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, Protocol

from directory.db import Base


class Audience(StrEnum):
    """Who may see a field, the widest circle first. Each circle lies within the one before it."""

    PUBLIC = "public"  # the public card too, where the member has one
    MEMBERS = "members"
    CHAPTER = "chapter"  # the members of one's own
    INTRODUCED = "introduced"  # those with whom an introduction was accepted by both
    NOBODY = "nobody"


@dataclass(frozen=True)
class AudienceChoice:
    """A choice of audience, declared on the column it is for, or on each of several that go together."""

    name: str  # as ``audiences`` of the member or the firm keeps it
    label: str  # what its owner reads, for the catalogues
    default: Audience
    of: str = ""  # the table, "member" or "business", and its columns
    columns: tuple[str, ...] = ()


@cache
def audience_choices() -> Mapping[str, AudienceChoice]:
    """Every choice by its name: the member's, then the firm's, each in the order of its table."""
    choices: dict[str, AudienceChoice] = {}
    for of in ("member", "business"):
        for column in Base.metadata.tables[of].columns:
            if declared := column.info.get("audience") or getattr(column.info.get("field"), "audience", None):
                known = choices.get(declared.name) or declared
                choices[declared.name] = replace(known, of=of, columns=(*known.columns, column.key))
    return choices


class _Chooses(Protocol):
    audiences: Any  # a mapping; not yet set in a row that was not flushed


def audience_of(row: _Chooses, name: str) -> Audience:
    """The audience of the field ``name`` of a member or a firm. Raises KeyError where there is no such field."""
    default = audience_choices()[name].default
    chosen: Mapping[str, str] = row.audiences or {}
    return Audience(chosen.get(name, default))


def is_visible_to_members(row: _Chooses, name: str) -> bool:
    """Whether every member may see the field ``name``: what one may not see must not be found or ranked by either."""
    return audience_of(row, name) in (Audience.PUBLIC, Audience.MEMBERS)
