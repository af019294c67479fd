"""Every sentence about a firm on the demo's lead pages, in each shape, is compared with the rows it speaks of.

A sentence that matches none of ``FACTS`` fails: a new kind of sentence needs its fact here.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from itertools import product
from typing import Any

import pytest
from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.suggestion_presenter import SuggestionPresenter
from directory.engine.suggestions import suggest
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.rating import own_ratings
from directory.facts.vouch import Vouch
from directory.leads.lead import Lead, Shape
from directory.leads.suggestion import Team
from directory.money import Money
from directory.people.claim import Claim
from directory.people.tables import Band, Business, Member, Wanted
from directory.translation import time_ago
from tests.conftest import DemoCast

WHO = r"(?P<who>[^,]+?)"
CAPABILITY = r"(?P<capability>.+?)"
WHEN = r"(?P<when>(?:in|on|\d|today|yesterday|a|last).*)"
VERB = r"worked with|met|did a project with|(?:was|were) introduced to|recommends?|(?:is|are) recommended by"
FACT = rf"(?P<verb>{VERB})"
DOES = r"You do|(?P<firm>(?:(?! says it | does ).)+) (?:says it )?does"


class Records:
    """All rows that a sentence may speak of, read once."""

    def __init__(self, session: Session, today: date) -> None:
        self.session, self.today = session, today
        self.members = session.scalars(select(Member)).all()
        self.claims = {(claim.business_id, claim.capability.name) for claim in session.scalars(select(Claim))}
        works = session.scalars(select(Collaboration).where(Collaboration.finished_at.is_not(None)))
        self.works = [(work, work.finished_at.date()) for work in works if work.finished_at]
        self.vouches = session.scalars(select(Vouch).where(Vouch.accepted_at.is_not(None))).all()
        self.bands = {band.member_id: band for band in session.scalars(select(Band))}
        self.facts: defaultdict[tuple[int, int], set[tuple[str, str]]] = defaultdict(set)
        self._read_facts()

    def _read_facts(self) -> None:
        """Fill ``facts``: what connects two members, read from the one to the other, as (verb, when)."""
        for said in self.session.scalars(select(Interaction).where(Interaction.confirmed_at.is_not(None))):
            verb = "worked with" if said.kind is InteractionKind.WORKED else "met"
            self._mutual(said.said_by_id, said.other_id, verb, said.happened_on)
        for asked in self.session.scalars(select(Introduction).where(Introduction.state == IntroductionState.ACCEPTED)):
            for verb in ("was introduced to", "were introduced to"):
                self._mutual(asked.asker_id, asked.target_id, verb, (asked.answered_at or asked.asked_at).date())
        for work, day in self.works:
            for one, other in product(work.prime.members, work.sub.members):
                self._mutual(one.id, other.id, "did a project with", day)
        for vouch in self.vouches:
            self.facts[vouch.giver_id, vouch.receiver_id] |= {("recommends", ""), ("recommend", "")}
            passive = {("is recommended by", ""), ("are recommended by", "")}
            self.facts[vouch.receiver_id, vouch.giver_id] |= passive

    def _mutual(self, one: int, other: int, verb: str, day: date) -> None:
        for pair in ((one, other), (other, one)):
            self.facts[pair].add((verb, time_ago(day, self.today)))


class Witness:
    """Answers whether a sentence about a firm is so, from the rows alone."""

    def __init__(self, records: Records, lead: Lead, team: Team) -> None:
        self.records, self.lead, self.team, self.me = records, lead, team, lead.member
        self.rated = own_ratings(records.session, rater=lead.member)

    def people(self, business: Business, first_name: str) -> list[Member]:
        return [member for member in business.members if member.first_name == first_name]

    def claims(self, business: Business, capability: str) -> bool:
        return (business.id, capability) in self.records.claims

    def finished(self, business: Business, capability: str) -> list[date]:
        return [
            day
            for work, day in self.records.works
            if work.sub_id == business.id and capability in {node.name for node in work.capabilities}
        ]

    def vouching_firms(self, business: Business, capability: str) -> set[int]:
        return {
            vouch.giver.business_id
            for vouch in self.records.vouches
            if vouch.receiver.business_id == business.id and vouch.capability and vouch.capability.name == capability
        }

    def knows(self, member: Member) -> bool:
        return bool(self.records.facts[self.me.id, member.id]) or member.id in self.rated

    def acquaintances(self, first_name: str) -> list[Member]:
        known = (member for member in self.records.members if member.first_name == first_name)
        return [member for member in known if self.records.facts[self.me.id, member.id]]

    def is_linked(self, business: Business, who: str, said: dict[str, str]) -> bool:
        """Whether the asker, or a friend of theirs, has that fact with a member of the firm called ``who``."""
        friends = self.acquaintances(said["friend"]) if "friend" in said else [self.me]
        fact = (said["verb"], said.get("when", ""))
        return any(
            fact in self.records.facts[friend.id, other.id]
            for friend in friends
            for other in self.people(business, who)
        )

    def is_top(self, business: Business, who: str, band: str) -> bool:
        bands = [self.records.bands.get(member.id) for member in self.people(business, who)]
        return any(getattr(row, band) == 3 for row in bands if row)

    def has_rated(self, business: Business, who: str) -> bool:
        return any(member.id in self.rated for member in self.people(business, who))

    def works(self, prime: str, sub: str) -> list[date]:
        """Return the days of the works that the firm called ``prime`` led for ``sub``; "you" is the bringer."""
        names = [self.lead.business.name if name.casefold() == "you" else name for name in (prime, sub)]
        return [day for work, day in self.records.works if [work.prime.name, work.sub.name] == names]

    def writes(self, business: Business, quote: str) -> bool:
        """Whether the firm, one of its people or a work of it has these words."""
        wanted = select(Wanted).join(Member).where(Member.business_id == business.id)
        texts = [business.summary, business.best_customers, business.good_referrals, business.not_a_fit]
        texts += [member.headline for member in business.members]
        texts += [f"{row.text} {row.why}" for row in self.records.session.scalars(wanted)]
        texts += [w.title for w, _ in self.records.works if business.id in (w.prime_id, w.sub_id)]
        return quote.removesuffix("…") in " ".join(" ".join(texts).split())


Said = dict[str, str]
Check = Callable[[Witness, Business, Said], bool]


def newest(days: list[date], witness: Witness, said: Said) -> bool:
    count = int(said.get("count") or 1)
    return len(days) == count and said["when"] == time_ago(max(days), witness.records.today)


def priced(w: Witness, b: Business, said: Said) -> bool:
    low, high = (
        None if minor is None else Money(minor, b.currency).spoken()
        for minor in (b.price_low_minor, b.price_high_minor)
    )
    return (said.get("low"), said.get("high")) == (low, high)


def has_room(b: Business) -> bool | None:
    return None if b.capacity is None else b.capacity > b.busy


FACTS: list[tuple[str, Check]] = [
    (rf"You do not know {WHO} yet", lambda w, b, s: not any(w.knows(member) for member in b.members)),
    (rf"(?P<firm>.+) only writes about {CAPABILITY}, but does not list it",
     lambda w, b, s: not w.claims(b, s["capability"])),
    (rf"{CAPABILITY} is shown by (?:a finished project|(?P<count>\d+) finished projects, the last),? {WHEN}",
     lambda w, b, s: newest(w.finished(b, s["capability"]), w, s)),
    (rf"Recommended for {CAPABILITY} by (?:a firm that knows the work|(?P<count>\d+) firms that know the work)",
     lambda w, b, s: len(w.vouching_firms(b, s["capability"])) == int(s.get("count") or 1)),
    (rf"(?:{DOES}) {CAPABILITY}(?:, which is close to .+)?",
     lambda w, b, s: w.claims(b, s["capability"]) and s.get("firm", b.name) == b.name),
    (rf"You {FACT} {WHO}(?:, {WHEN})?", lambda w, b, s: w.is_linked(b, s["who"], s)),
    (rf"(?P<friend>[^,]+), who you know, {FACT} {WHO}(?:, {WHEN})?", lambda w, b, s: w.is_linked(b, s["who"], s)),
    (rf"You know {WHO} through (?P<friend>.+) and others",
     lambda w, b, s: bool(w.acquaintances(s["friend"])) and bool(w.people(b, s["who"]))),
    ("You know your own people", lambda w, b, s: b.id == w.lead.business_id),
    (rf"(?:You have said how far you trust {WHO}|You have said how well (?P<other>.+) works, and it counts for you)",
     lambda w, b, s: w.has_rated(b, s.get("who") or s["other"])),
    (rf"People here speak warmly of {WHO}", lambda w, b, s: w.is_top(b, s["who"], "warmth")),
    (rf"People here trust the work of {WHO} fully", lambda w, b, s: w.is_top(b, s["who"], "competence")),
    ("People here trust your work fully", lambda w, b, s: w.is_top(b, w.me.first_name, "competence")),
    (rf"(?:One finished project|(?P<count>\d+) finished projects) in {CAPABILITY} to look at",
     lambda w, b, s: sum(len(w.finished(b, node)) for node in near(w, b, s)) >= int(s.get("count") or 1)),
    (rf"Nothing finished in {CAPABILITY} to look at yet", lambda w, b, s: not w.finished(b, s["capability"])),
    ("In the same city, (?P<city>.+)", lambda w, b, s: s["city"] == b.city and b.city in w.lead.place),
    ("In the same region, in (?P<city>.+)", lambda w, b, s: s["city"] == b.city and b.city not in w.lead.place),
    ("Works remotely(?:, from (?P<city>.+))?", lambda w, b, s: b.is_remote),
    ("Somewhere else, in (?P<city>.+)", lambda w, b, s: s["city"] == b.city and b.city not in w.lead.place),
    ("No location to compare", lambda w, b, s: not w.lead.place or not b.city),
    (r"Usual projects (?:are (?P<low>\S+) to|begin at (?P<only>\S+)|go up to) ?(?P<high>\S+)?", priced),
    ("No usual price listed", lambda w, b, s: b.price_low_minor is None or w.lead.budget is None),
    ("Available from (?P<day>.+)",
     lambda w, b, s: b.free_on is not None and s["day"] in (
         format_date(b.free_on, pattern, locale="en_US") for pattern in ("EEE, MMM d", "EEE, MMM d, y"))),
    ("Has not said whether they have room now", lambda w, b, s: b.capacity is None and b.free_on is None),
    ("Has no room for another project now", lambda w, b, s: has_room(b) is False),
    ("Has room for a project now", lambda w, b, s: has_room(b) is not False),
    (rf"The latest on {CAPABILITY} is from (?P<day>.+)", lambda w, b, s: w.claims(b, s["capability"])),
    (rf"We have no dates for {CAPABILITY}", lambda w, b, s: True),
    (r"(?P<firm>.+) gave (?P<other>.+) work (?:before|(?P<count>\d+) times, the last),? (?P<when>.+)",
     lambda w, b, s: newest(w.works(s["firm"], s["other"]), w, s)),
    (r"(?P<firm>.+) got work from (?P<other>.+) before", lambda w, b, s: bool(w.works(s["other"], s["firm"]))),
    ("No work has gone between you two yet",
     lambda w, b, s: not w.works("you", b.name) and not w.works(b.name, "you")),
    ("The work stays in your own firm", lambda w, b, s: b.id == w.lead.business_id),
    (r"(?:(?:They|You) write(?: that it may not be for them)?: )?“(?P<quote>.+)” \(.+\)",
     lambda w, b, s: w.writes(b, s["quote"])),
    ("Nothing they write is about .+", lambda w, b, s: True),
    ("Everything from one firm", lambda w, b, s: len(firms(w)) == 1),
    (r"(?:One firm|(?P<count>\d+) firms) to talk to", lambda w, b, s: len(firms(w)) == int(s.get("count") or 1) + 1),
    (r"(?:A seat is|(?P<count>\d+) seats are) still open",
     lambda w, b, s: len(w.team.missing) == int(s.get("count") or 1)),
]  # fmt: skip


def firms(witness: Witness) -> set[int]:
    return {seat.business_id for seat in witness.team.seats}


def near(witness: Witness, business: Business, said: Said) -> set[str]:
    """Return the capability and the firm's own claims, which may stand for it."""
    return {said["capability"], *(name for firm, name in witness.records.claims if firm == business.id)}


def untrue(witness: Witness, business: Business, text: str) -> str | None:
    """Return what is wrong with a sentence, or None."""
    for pattern, check in FACTS:
        if match := re.fullmatch(pattern, text):
            said = {name: value for name, value in match.groupdict().items() if value}
            return None if check(witness, business, said) else f"not so: {business.name}: {text}"
    return f"no fact for: {text}"


@pytest.mark.slow
@pytest.mark.parametrize("shape", [None, *Shape])
def test_every_reason_and_path_of_the_demos_leads_is_so(
    demo_cast: DemoCast, now: datetime, shape: Shape | None
) -> None:
    session, wrong, checked = demo_cast.session, [], 0
    records = Records(session, now.date())
    for lead in session.scalars(select(Lead)):
        lead.shape = shape
        suggestion = suggest(session, lead=lead, now=now)
        presenter: Any = SuggestionPresenter(
            session, lead=lead, suggestion=suggestion, asker=lead.member, business=lead.business, today=now.date()
        )
        for team in suggestion.teams:
            witness = Witness(records, lead, team)
            for reason in presenter.reasons(team):
                checked += 1
                wrong.append(untrue(witness, presenter.names.businesses[reason.business], reason.text))
            for party in presenter.parties(team):
                before = lead.member
                for fact, name in presenter.path(team, party):
                    verb, _, when = fact.partition(", ")
                    after = session.scalars(select(Member).where(Member.name == name)).one()
                    checked += 1
                    is_so = (verb, when) in records.facts[before.id, after.id]
                    wrong.append(None if is_so else f"not so: {before.name} {fact} {name}")
                    before = after
    assert checked > 30
    assert {text for text in wrong if text} == set()
