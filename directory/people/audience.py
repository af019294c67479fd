"""Audiences: the fields whose owner says who may see them, and what holds until they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol


class Audience(StrEnum):
    """Who may see a field, the widest circle first. Each circle lies within the one before it."""

    PUBLIC = "public"  # the public card too, where the member has one
    MEMBERS = "members"
    CHAPTER = "chapter"  # the members of one's own
    INTRODUCED = "introduced"  # those with whom an introduction was accepted by both
    NOBODY = "nobody"


@dataclass(frozen=True)
class Field:
    """A field with a choice of audience: a column of the member or of the firm, or several that go together."""

    name: str
    of: Literal["member", "business"]
    columns: tuple[str, ...]
    default: Audience


FIELDS = (
    Field("photo", "member", ("photo",), Audience.MEMBERS),
    Field("video", "member", ("video",), Audience.MEMBERS),
    Field("headline", "member", ("headline",), Audience.PUBLIC),
    Field("direct_phone", "member", ("phone",), Audience.INTRODUCED),
    Field("direct_email", "member", ("email",), Audience.INTRODUCED),
    Field("firm_phone", "business", ("phone",), Audience.MEMBERS),
    Field("firm_email", "business", ("email",), Audience.MEMBERS),
    Field(
        *("prices", "business", ("price_low_minor", "price_high_minor", "smallest_deal_minor")),
        default=Audience.MEMBERS,
    ),
)


class _Chooses(Protocol):
    audiences: Any  # a mapping; not yet set in a row that was not flushed


def audience_of(row: _Chooses, name: str) -> Audience:
    """The audience of the field ``name`` of a member or a firm. Raises KeyError where there is no such field."""
    default = BY_NAME[name].default
    chosen: Mapping[str, str] = row.audiences or {}
    return Audience(chosen.get(name, default))


def is_visible_to_members(row: _Chooses, name: str) -> bool:
    """Whether every member may see the field ``name``: what one may not see must not be found or ranked by either."""
    return audience_of(row, name) in (Audience.PUBLIC, Audience.MEMBERS)


BY_NAME = {field.name: field for field in FIELDS}
