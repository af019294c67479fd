"""Namesakes: people and firms whose names look the same as another firm's, for whoever approves them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.tables import Business, Member, MemberState
from directory.text import confusable_skeleton
from directory.versioned_cache import VersionedCache

SHOWN_FOR = timedelta(days=14)  # after somebody took a name that is here already


class Namesake(NamedTuple):
    """``name``, of a person or firm, looks the same as that of the member ``other``, or of the firm ``firm``."""

    name: str
    firm: str
    other: str = ""  # "" where the firms are called alike


class KnownPerson(NamedTuple):
    """An active member by name; ``member_id`` is 0 where the row stands for the firm."""

    business_id: int
    firm: str
    member_id: int = 0
    name: str = ""


class KnownNames(NamedTuple):
    """The names of the network: its people, and both people and firms by how their names look."""

    people: list[KnownPerson]
    people_by_look: dict[str, list[KnownPerson]]
    firms_by_look: dict[str, list[KnownPerson]]

    def __len__(self) -> int:
        return len(self.people)


def _read(session: Session, _before: KnownNames | None) -> KnownNames:
    columns = Business.id, Business.name, Member.id, Member.name
    active = select(*columns).join(Member.business).where(Member.is_active).order_by(Member.id)
    people = [KnownPerson(*row) for row in session.execute(active)]
    is_here = Business.members.any(Member.is_active) | ~Business.members.any()  # no applicant's
    firms = session.execute(select(Business.id, Business.name).where(is_here).order_by(Business.id))
    by_look: tuple[defaultdict[str, list[KnownPerson]], ...] = (defaultdict(list), defaultdict(list))
    for person in people:
        by_look[0][confusable_skeleton(person.name)].append(person)
    for row in firms:
        by_look[1][confusable_skeleton(row.name)].append(KnownPerson(*row))
    return KnownNames(people, *map(dict, by_look))


known_names = VersionedCache(_read, size=len).recent


def namesakes(known: KnownNames, *, people: Collection[str], firm: str, firm_id: int | None = None) -> list[Namesake]:
    """Return whom of other firms these people, of the firm ``firm``, and the firm itself look the same as by name."""
    alike = [(name, each) for name in people for each in known.people_by_look.get(confusable_skeleton(name), ())]
    alike += [(firm, each) for each in known.firms_by_look.get(confusable_skeleton(firm), ())]
    return [Namesake(name, each.firm, each.name) for name, each in alike if each.business_id != firm_id]


def namesakes_of(known: KnownNames, member: Member) -> list[Namesake]:
    """Return the same for a member or applicant and their firm."""
    return namesakes(known, people=[member.name], firm=member.business.name, firm_id=member.business_id)


def _of_firm(known: KnownNames, business: Business) -> list[Namesake]:
    people = [member.name for member in business.members if member.state != MemberState.GONE]
    return namesakes(known, people=people, firm=business.name, firm_id=business.id)


def note_renaming(session: Session, *, business: Business, now: datetime) -> None:
    """Show the leads of the firm's chapter, for SHOWN_FOR, that it or one of its people took a name that is here."""
    business.namesake_at = now if _of_firm(known_names(session), business) else None


def recent_namesakes(session: Session, *, chapters: Collection[int], now: datetime) -> list[Namesake]:
    """Return the names that firms of these chapters and their people took lately, and that others have too."""
    taken = Business.chapter_id.in_(chapters), Business.namesake_at > now - SHOWN_FOR
    firms = session.scalars(select(Business).where(*taken).order_by(Business.id)).all()
    known = known_names(session) if firms else KnownNames([], {}, {})
    return [each for firm in firms for each in _of_firm(known, firm)]
