"""A network with somebody for every column of the permission matrix, and a row of every table that its rules judge."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.tables import Account, AccountSession
from directory.db import Base, PublicRow
from directory.engine.saved_search import SavedSearch
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.rating import Rating
from directory.facts.rating_case import RatingCase
from directory.facts.vouch import Vouch
from directory.imports.import_batch import ImportBatch
from directory.joining.application import Application
from directory.leads.client import Client, Consent, ConsentKind
from directory.leads.lead import Lead
from directory.leads.need_example import NeedExample
from directory.leads.offer import Offer
from directory.leads.seat_holder import SeatHolder
from directory.leads.submission import Source, Submission
from directory.leads.suggestion import Suggestion
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.outbox.post_snapshot import PostSnapshot
from directory.people.chapter import Chapter
from directory.people.own_word import OwnWordAct, OwnWordChange
from directory.people.tables import Band, Business, ChapterRole, Member, MemberState, Role, Wanted, WantedKind
from directory.profiles.message import Message
from directory.taxonomy.capability import Capability, CapabilityKind
from directory.week.pairing import Pairing
from directory.week.post import Post
from directory.week.social_inbox import Reply


class Network:
    """``people`` by their columns, all but the visitor; ``rows`` by the part of a path that stands before their id.

    Nora owns every row that a member can own, Bea is the other party to it, and both are of the chapter in Tucson.
    ``others`` are of tables that no path names, and not in the database. ``pending`` are the applicant's own.
    """

    def __init__(self, session: Session, now: datetime) -> None:
        tucson, phoenix = (
            Chapter(key=key, name=key.title(), post_time=time(9), public_at=now) for key in ("tucson", "phoenix")
        )
        session.add_all([tucson, phoenix])

        def person(name: str, chapter: Chapter = tucson, **what: Any) -> Member:
            firm = Business(name=f"{name}'s firm", chapter=chapter, created_at=now)
            member = Member(name=name.title(), business=firm, joined_at=now, arrived_at=now, **what)
            session.add(member)
            session.flush()
            return member

        nora, bea, pat = person("nora"), person("bea"), person("pat", state=MemberState.PENDING)
        self.people: dict[str, Member] = {
            "pending": pat,
            "suspended": person("sid", state=MemberState.SUSPENDED),
            "mem_same": person("sam"),
            "mem_other": person("olga", phoenix),
            "owner": nora,
            "party": bea,
            "secretary": person("sue"),
            "lead_own": person("lena"),
            "lead_other": person("leo", phoenix),
            "admin": person("ada", phoenix, is_admin=True),
        }
        for key, chapter, role in (
            ("secretary", tucson, Role.SECRETARY),
            ("lead_own", tucson, Role.LEAD),
            ("lead_other", phoenix, Role.LEAD),
        ):
            session.add(ChapterRole(member_id=self.people[key].id, chapter_id=chapter.id, role=role))
        lead = Lead(member_id=nora.id, business_id=nora.business_id, text="A site", created_at=now)
        channel = Channel(chapter=tucson, kind="file", name="File")
        occurrence = Occurrence(chapter=tucson, local_date=now.date(), due_at=now + timedelta(days=2))
        capability = Capability(scheme="goodword", code="wp", name="WordPress", kind=CapabilityKind.PLATFORM)
        own = {"scheme": "own", "code": "bees", "origin": "firms.csv"}
        word = Capability(name="Beekeeping", kind=CapabilityKind.CATEGORY, **own)
        kept = OwnWordChange(chapter=tucson, capability=word, act=OwnWordAct.KEEP, before={}, made_at=now)
        self.rows: dict[str, PublicRow] = {
            "members": nora,
            "businesses": nora.business,
            "chapters": tucson,
            "capabilities": capability,
            "words": word,
            "changes": kept,
            "examples": NeedExample(
                lead=lead, capability=capability, member_id=nora.id, phrase="a site", is_need=True, made_at=now
            ),
            "wanted": Wanted(member_id=nora.id, kind=WantedKind.CLIENT, text="Clinics", wanted_at=now),
            "interactions": Interaction(
                said_by_id=nora.id, other_id=bea.id, kind=InteractionKind.MET, happened_on=date(2026, 1, 1), said_at=now
            ),
            "vouches": Vouch(giver_id=nora.id, receiver_id=bea.id, text="Kept word", known_as="c", given_at=now),
            "messages": Message(sender_id=nora.id, receiver_id=bea.id, text="T", sent_at=now),
            "leads": lead,
            "submissions": Submission(
                chapter=tucson, source=Source.FORM, email_hmac="x", received_at=now, confirmed_at=now
            ),
            "offers": Offer(
                lead=lead,
                business=bea.business,
                member_id=bea.id,
                by_id=nora.id,
                asked_at=now,
                due_at=now + timedelta(days=1),
            ),
            "week": occurrence,
            "merge": self.people["mem_same"].business,
            "contact": nora.business,
            "invitations": self.people["mem_same"],
            "imports": ImportBatch(chapter=tucson, uploader_id=nora.id, made_at=now, rows={}),
            "applications": Application(
                chapter=tucson, member=pat, known_by_id=bea.id, applied_at=now, confirmed_at=now
            ),
            "introductions": Introduction(
                asker_id=nora.id, target_id=bea.id, text="T", state=IntroductionState.WITH_TARGET, asked_at=now
            ),
            "stories": CaseStudy(
                teller_id=nora.id,
                title="T",
                text="T",
                year=2026,
                told_at=now,
                parties=[CaseStudyParty(member_id=nora.id, agreed_at=now), CaseStudyParty(member_id=bea.id)],
            ),
            "searches": SavedSearch(member_id=nora.id, name="S", saved_at=now, seen_at=now),
            "ratings": Rating(rater_id=nora.id, ratee_id=bea.id, warmth=4, competence=4, rated_at=now),
            "rating-cases": RatingCase(ratee=bea, flagged_at=now),
            "pairings": Pairing(occurrence=occurrence, one_id=nora.id, other_id=bea.id, paired_at=now),
            "channels": channel,
            "deliveries": Delivery(
                key="post",
                channel=channel,
                state=DeliveryState.UNKNOWN,
                payload=PostSnapshot("Tucson", "c", "o", now.date(), now, "Hello").to_bytes(),
                due_at=now,
            ),
            "replies": Reply(
                channel=channel,
                external_id="1",
                kind="tag",
                author="@a",
                text="T",
                address="",
                said_at=now,
                heard_at=now,
            ),
            "posts": Post(occurrence=occurrence, channel=channel, text="Hello", composed_at=now),
        }
        session.add_all(self.rows.values())
        session.commit()
        client = Client(lead_id=lead.id, added_at=now)
        session.add(client)
        session.flush()
        agreed = {"client_id": client.id, "text": "T", "text_sha256": "x", "given_at": now}
        session.add_all(Consent(kind=kind, **agreed) for kind in ConsentKind)
        session.add(SeatHolder(lead_id=lead.id, business_id=bea.business_id, member_id=bea.id, held_at=now))
        session.commit()
        self.others: list[Base] = [
            Suggestion(asker_id=nora.id, lead=lead),
            AccountSession(account=Account(member_id=nora.id)),
            Band(member_id=nora.id),
        ]
        self.pending: list[Base] = [
            *(pat, pat.business),
            Wanted(member_id=pat.id, member=pat),
            AccountSession(account=Account(member_id=pat.id)),
        ]
