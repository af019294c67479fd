"""Firms of a list that may be here already: who belongs to which firm is asked, with the safe answer first."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from directory.imports.list_row import Line
from directory.people import duplicates
from directory.people.tables import Business
from directory.text import confusable_skeleton, fold

FirmKey = tuple[str, str]  # of a listed firm: the confusable skeleton of its name, and its town


@dataclass(frozen=True)
class SimilarFirm:
    """A firm that is here and may be the one that a line names; ``is_same`` if name and town do not differ."""

    business: Business
    line: Line
    is_same: bool


def firm_keys(lines: list[Line]) -> list[FirmKey]:
    """Return the key of each line's firm: shops of one name in two towns are two firms.

    A line without a town is of the firm of its name, if there is one alone.
    """
    towns: defaultdict[str, set[str]] = defaultdict(set)
    looks = [confusable_skeleton(line.values["firm"]) for line in lines]
    for look, line in zip(looks, lines, strict=True):
        towns[look] |= {fold(line.values["city"])} - {""}
    only = {look: next(iter(known)) for look, known in towns.items() if len(known) == 1}
    return [(look, fold(line.values["city"]) or only.get(look, "")) for look, line in zip(looks, lines, strict=True)]


def similar_firms(session: Session, chapter_id: int, lines: list[Line]) -> dict[FirmKey, SimilarFirm]:
    """Return the businesses that firms of the list resemble, by the listed firm's key.

    Only businesses of this chapter and imported ones without members count.
    """
    index = duplicates.duplicate_index(session)
    listed: dict[FirmKey, Line] = {}
    for key, line in zip(firm_keys(lines), lines, strict=True):
        listed.setdefault(key, line)
    matches = {  # not by phone: a line's phone is the person's own
        key: [match.business_id for match in index.like(line.values["firm"], line.values["website"], phone="")]
        for key, line in listed.items()
    }
    ids = sorted({id for business_ids in matches.values() for id in business_ids})
    firms: dict[int, Business] = {}
    for start in range(0, len(ids), 1000):
        eligible = or_(Business.chapter_id == chapter_id, and_(Business.chapter_id.is_(None), ~Business.members.any()))
        query = select(Business).where(Business.id.in_(ids[start : start + 1000]), eligible)
        firms |= {firm.id: firm for firm in session.scalars(query)}
    similar = {
        key: [SimilarFirm(firms[id], listed[key], _is_same(firms[id], listed[key])) for id in ids if id in firms]
        for key, ids in matches.items()
    }
    return {key: max(found, key=lambda each: each.is_same) for key, found in similar.items() if found}


def _is_same(firm: Business, line: Line) -> bool:
    """Whether name and town do not differ; a website that many firms share, or a franchise's name, is no proof."""
    name, town = line.values["firm"], line.values["city"]
    is_name = confusable_skeleton(name) == confusable_skeleton(firm.name) or (
        duplicates.normalized_name(name) == duplicates.normalized_name(firm.name) != ""
    )
    return is_name and (not town or not firm.city or fold(town) == fold(firm.city))
