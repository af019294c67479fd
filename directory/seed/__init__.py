"""Seed an empty database with the demo network of ``network.toml``, which is also the named cast of the tests.

Law: every date is relative to ``now``; nobody in it is real; amounts are whole dollars in the file, cents in rows.
"""

import tomllib
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.db import Base
from directory.engine.capability_embeddings import embed_missing
from directory.engine.sentence_encoder import load_model
from directory.engine.suggestions import suggest, understand
from directory.errors import Conflict
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.rating import Rating
from directory.facts.rating_band import publish_bands
from directory.facts.vouch import Vouch
from directory.imports.taxonomy_scheme import CURATED_FILE, import_scheme
from directory.leads.lead import Terms, create_lead
from directory.money import Money
from directory.outbox.channel import Channel
from directory.people.business import index_businesses
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.field_declaration import fields_of
from directory.people.tables import Business, ChapterRole, Member, Role, Wanted, WantedKind
from directory.taxonomy.capability import CURATED, Capability
from directory.translation import gettext

NETWORK = Path(__file__).with_name("network.toml")
TABLES = ("chapter", "business", "member", "wanted", "interaction", "vouch", "rating", "collaboration")  # in order
ALL_NODES = 10_000  # more than the curated taxonomy has

Entry = dict[str, Any]


def seed(session: Session, *, now: datetime) -> None:
    """Write the curated taxonomy, embedded if the sentence model is installed, and the demo network.

    Raises Conflict if there is a chapter, a business or a taxonomy already.
    """
    if any(session.scalar(select(table.id).limit(1)) for table in (Chapter, Business, Capability)):
        raise Conflict(gettext("This database is not empty; seed a new one (GOODWORD_HOME names its folder)."))
    import_scheme(session, path=CURATED_FILE, scheme=CURATED, now=now)
    if (model := load_model()) is not None:
        embed_missing(session, model, limit=ALL_NODES, now=now)
    network = tomllib.loads(NETWORK.read_text(encoding="utf-8"))
    cast = _Cast(session, now)
    for table in TABLES:
        for entry in network[table]:
            session.add_all(getattr(cast, table)(entry))
        session.flush()
    for entry in network["member"]:
        if "chapter_role" in entry:
            member = cast.members[entry["key"]]
            role = Role(entry["chapter_role"])
            session.add(ChapterRole(member_id=member.id, chapter_id=member.business.chapter_id, role=role))
    index_businesses(session)
    # Without chance, so that each demo is the same; nobody here is real.
    publish_bands(session, now=now, chance=lambda: 0.0)
    for entry in network["lead"]:
        terms = Terms(
            place=entry["place"],
            budget=Money(entry["budget"] * 100, "USD") if "budget" in entry else None,
            due_on=(now + timedelta(days=entry["due_in_days"])).date() if "due_in_days" in entry else None,
            is_asked=entry["ask"],
        )
        wishes = understand(session, text=entry["text"]).wishes
        member, created_at = cast.members[entry["member"]], cast.ago(entry)
        lead = create_lead(session, member=member, text=entry["text"], wishes=wishes, terms=terms, now=created_at)
        suggest(session, lead=lead, now=now)


class _Cast:
    """Makes rows of entries of the file, which refer to each other by key. A method per TABLES name."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.now = now
        self.chapters: dict[str, Chapter] = {}
        self.businesses: dict[str, Business] = {}
        self.members: dict[str, Member] = {}
        self.claims: dict[Business, list[Claim]] = {}
        nodes = session.scalars(select(Capability).where(Capability.scheme == CURATED))
        self.capabilities: dict[str, Capability] = {node.code: node for node in nodes}

    def ago(self, entry: Entry, key: str = "days_ago") -> datetime:
        return self.now - timedelta(days=entry[key])

    def about(self, entry: Entry) -> Capability | None:
        return self.capabilities[entry["capability"]] if "capability" in entry else None

    def chapter(self, entry: Entry) -> Iterator[Base]:
        columns = {**entry, "post_time": time.fromisoformat(entry["time"])}
        del columns["time"]
        if columns.get("about"):
            columns["public_at"] = self.now
        chapter = self.chapters[entry["key"]] = Chapter(**columns)
        yield chapter
        yield Channel(chapter=chapter, kind="file", name="Wednesday folder", settings={})

    def business(self, entry: Entry) -> Iterator[Base]:
        business = self.businesses[entry["key"]] = Business(
            **{name: entry[name] for name in ("key", *fields_of(Business)) if name in entry},
            chapter=self.chapters[entry["chapter"]],
            is_remote=entry["remote"],
            price_low_minor=entry["price_low"] * 100,
            price_high_minor=entry["price_high"] * 100,
            smallest_deal_minor=entry["smallest_deal"] * 100 if "smallest_deal" in entry else None,
            free_on=(self.now + timedelta(days=entry["free_in_days"])).date(),
            created_at=self.now,
        )
        yield business
        self.claims[business] = [
            Claim(business=business, capability=self.capabilities[code], claimed_at=self.now)
            for code in entry["claims"]
        ]
        yield from self.claims[business]

    def member(self, entry: Entry) -> Iterator[Base]:
        business, joined_at = self.businesses[entry["business"]], self.ago(entry, "joined_days_ago")
        business.created_at = min(business.created_at, joined_at)
        for claim in self.claims[business]:  # claims date from when the firm's first member joins
            claim.claimed_at = business.created_at
        self.members[entry["key"]] = Member(
            **{name: entry[name] for name in ("key", *fields_of(Member)) if name in entry},
            business=business,
            joined_at=joined_at,
            arrived_at=joined_at,
            email=f"{entry['key']}@{business.key}.example",
            spotlight_at=joined_at if entry["spotlight"] else None,
            public_at=joined_at if entry.get("public") else None,
            is_admin=entry.get("admin", False),
        )
        yield self.members[entry["key"]]

    def wanted(self, entry: Entry) -> Iterator[Base]:
        at = self.ago(entry)
        yield Wanted(
            member=self.members[entry["member"]],
            kind=WantedKind(entry["kind"]),
            capability=self.about(entry),
            text=entry["text"],
            why=entry["why"],
            wanted_at=at,
            shared_at=at if entry["shared"] else None,
        )

    def interaction(self, entry: Entry) -> Iterator[Base]:
        at = self.ago(entry)
        yield Interaction(
            said_by=self.members[entry["a"]],
            other=self.members[entry["b"]],
            kind=InteractionKind(entry["kind"]),
            note=entry["note"],
            happened_on=at.date(),
            said_at=at,
            confirmed_at=at if entry["confirmed"] else None,
        )

    def vouch(self, entry: Entry) -> Iterator[Base]:
        at = self.ago(entry)
        yield Vouch(
            giver=self.members[entry["giver"]],
            receiver=self.members[entry["receiver"]],
            capability=self.about(entry),
            text=entry["text"],
            known_as=entry["known_as"],
            given_at=at,
            accepted_at=at if entry["accepted"] else None,
        )

    def rating(self, entry: Entry) -> Iterator[Base]:
        about = self.about(entry)
        yield Rating(
            rater_id=self.members[entry["rater"]].id,
            ratee_id=self.members[entry["ratee"]].id,
            capability_id=about.id if about else None,
            warmth=entry["warmth"],
            competence=entry["competence"],
            rated_at=self.ago(entry),
        )

    def collaboration(self, entry: Entry) -> Iterator[Base]:
        finished_at = self.ago(entry, "finished_days_ago") if "finished_days_ago" in entry else None
        yield Collaboration(
            **{name: entry[name] for name in ("title", "goal", "sub_share")},
            prime=self.businesses[entry["prime"]],
            sub=self.businesses[entry["sub"]],
            capabilities=[self.capabilities[code] for code in entry["capabilities"]],
            outcome=entry.get("outcome", ""),
            amount_minor=entry["amount"] * 100,
            created_at=(finished_at or self.now) - timedelta(days=60),
            finished_at=finished_at,
        )
