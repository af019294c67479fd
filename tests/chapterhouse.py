"""A chapter of three firms whose members have not consented to anything yet."""

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from directory.leads.lead import Lead, MatchedBy, Need
from directory.outbox.channel import Channel
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability, CapabilityKind
from directory.week.occurrence_planning import plan_occurrences

NAMES = ("Alma Reyes", "Bo Carver", "Cleo Hart")


class Chapterhouse:
    """The chapter, its one channel, and Alma, Bo and Cleo with a firm each; consent is up to the test."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.chapter = Chapter(key="mesa", name="Mesa", zone="America/Phoenix", weekday=2, post_time=time(9))
        self.channel = Channel(chapter=self.chapter, kind="file", name="Folder", settings={})
        session.add_all([self.chapter, self.channel])
        session.flush()
        self.alma, self.bo, self.cleo = [self._member(name, at) for at, name in enumerate(NAMES)]

    def _member(self, name: str, at: int) -> Member:
        business = Business(name=f"{name.split()[0]} & Co", chapter=self.chapter, created_at=self.now)
        joined_at = self.now - timedelta(days=900 - 100 * at)
        member = Member(name=name, business=business, headline=f"I like task {at}.", joined_at=joined_at)
        member.arrived_at = joined_at
        self.session.add_all([business, member])
        self.session.flush()
        return member

    def asks(self, member: Member, text: str = "Owners of old theaters", at: datetime | None = None) -> Wanted:
        ask = Wanted(member=member, kind=WantedKind.CLIENT, text=text, why="They renovate.", wanted_at=self.now)
        ask.shared_at = at or self.now
        self.session.add(ask)
        self.session.flush()
        return ask

    def looks_for(self, member: Member, capability: str) -> Lead:
        node = Capability(scheme="test", code=capability, name=capability, kind=CapabilityKind.SERVICE)
        lead = Lead(member=member, business=member.business, text="The client is Mr. Zed", place="Mesa, AZ")
        lead.created_at = lead.asked_at = self.now
        lead.needs = [Need(capability=node, share=1.0, matched_by=MatchedBy.PERSON)]
        self.session.add_all([node, lead])
        self.session.flush()
        return lead

    def turn(self, weeks: int = 0) -> Occurrence:
        """The coming occurrence, after a number of weeks."""
        return plan_occurrences(self.session, now=self.now + timedelta(days=7 * weeks))[-1]
