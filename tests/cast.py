"""A small cast for tests: four firms, five members, and a small part of the taxonomy."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, Role
from directory.taxonomy.capability import CURATED, Capability, CapabilityKind


@dataclass
class Cast:
    chapter: Chapter
    nia: Member  # Northlight Studio; has the lead
    bea: Member  # Bramble & Co
    bob: Member  # Bramble & Co
    carla: Member  # Copper State Print
    dana: Member  # Mesa Words
    web: Capability
    development: Capability
    wordpress: Capability
    design: Capability


def make_cast(session: Session, now: datetime) -> Cast:
    """Add the cast to the session and flush."""
    chapter = Chapter(key="old-pueblo", name="Old Pueblo")
    firms = [
        Business(name=name, chapter=chapter, city=city, created_at=now)
        for name, city in (
            ("Northlight Studio", "Tucson"),
            ("Bramble & Co", "Tucson"),
            ("Copper State Print", "Tucson"),
            ("Mesa Words", "Phoenix"),
        )
    ]
    people = [
        Member(name=name, business=firm, joined_at=now, arrived_at=now)
        for name, firm in (
            ("Nia Sandoval", firms[0]),
            ("Bea Lindqvist", firms[1]),
            ("Bob Peña", firms[1]),
            ("Carla Ruiz", firms[2]),
            ("Dana Ochoa", firms[3]),
        )
    ]
    nodes: dict[str, Capability] = {}
    for code, name, kind, synonyms in (
        ("web", "Web", CapabilityKind.CATEGORY, []),
        ("web.development", "Web development", CapabilityKind.SERVICE, ["build a website"]),
        ("web.development.wordpress", "WordPress", CapabilityKind.PLATFORM, ["elementor"]),
        ("web.design", "Web design", CapabilityKind.SERVICE, []),
    ):
        parent = nodes.get(code.rpartition(".")[0])
        nodes[code] = Capability(scheme=CURATED, code=code, name=name, kind=kind, parent=parent, synonyms=synonyms)
    session.add_all([*people, *nodes.values()])
    session.flush()
    return Cast(chapter, *people, *nodes.values())


def let_lead(session: Session, lead: Member) -> Chapter:
    """Let the member lead Old Pueblo, a chapter that has nobody but them, and commit."""
    lead.business.chapter = chapter = Chapter(key="old-pueblo", name="Old Pueblo", zone="America/Phoenix")
    session.flush()
    session.add(ChapterRole(member_id=lead.id, chapter_id=chapter.id, role=Role.LEAD))
    session.commit()
    return chapter
