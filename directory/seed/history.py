"""The demo network's last eight weeks, played through the same verbs that its pages and jobs call.

Posts go out on the chapters' days, people meet or miss each other, and what ``history.toml`` tells happens in between.
Only a demo has it: the tests' cast is the network alone.
"""

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from directory.engine import saved_search, weekly_prompts
from directory.engine.need_examples import correct_and_learn, learn
from directory.engine.own_vocabulary import Vocabulary
from directory.engine.suggestions import suggest, understand
from directory.engine.weekly_pairings import propose_pairings
from directory.facts import case_study, interaction, introduction_request, vouch
from directory.facts.interaction import InteractionKind
from directory.facts.introduction import IntroductionState
from directory.joining import application, invitation
from directory.leads import (
    client_choice,
    offer_answer,
    offer_request,
    submission,
    submission_decision,
)
from directory.leads.client import clean_contact, client_of
from directory.leads.lead import Lead, LeadState, Terms, Wish, create_lead, wishes_of
from directory.leads.lead_state import change_state
from directory.leads.offer import DeclineReason, due_text
from directory.leads.offer_request import ANSWER_WITHIN, CallOutcome
from directory.leads.offer_round import settle_offers
from directory.money import Money
from directory.outbox import delivery as deliveries
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.occurrence import Occurrence
from directory.people import own_word
from directory.people.claim import claim
from directory.people.tables import Member, Wanted
from directory.people.working_hours import working_hours_later
from directory.secrets import SecretBox
from directory.seed.face import give_faces
from directory.seed.referral_history import play_referral
from directory.settings import Settings
from directory.taxonomy.capability import CURATED, Capability
from directory.week import pairing, prompt, social_inbox
from directory.week.occurrence_planning import plan_occurrences
from directory.week.pairing import Pairing
from directory.week.post import compose, freeze

HISTORY = Path(__file__).with_name("history.toml")
WEEKS = 8
PAIRED = timedelta(hours=5)  # before the post
ANSWERED = timedelta(days=1)  # after the question
YET_TO_MEET = {"nadia", "bea"}  # the story that the demo tells
PLACES = ("Presta Coffee, Main Avenue", "by phone", "Exo Roast, Sixth Street", "at the shop", "a walk by the river")

Entry = dict[str, Any]
Event = tuple[datetime, Callable[[], object]]


def play_history(session: Session, *, settings: Settings, now: datetime) -> None:
    """Give everybody in the demo network a face, and play its last eight weeks up to ``now``."""
    play = _Play(session, settings, now)
    give_faces(play.people, home=settings.home)
    weeks = [now - timedelta(weeks=weeks_ago) for weeks_ago in range(WEEKS, 0, -1)]
    events: list[Event] = [*play.postponed(weeks[0]), *((at, partial(play.week, at)) for at in weeks)]
    for table, entries in tomllib.loads(HISTORY.read_text(encoding="utf-8")).items():
        dated = [(now - timedelta(days=entry["days_ago"]), entry) for entry in entries]
        events += [(at, partial(getattr(play, table), entry, at)) for at, entry in dated]
    for _, act in sorted(events, key=lambda event: event[0]):
        act()
        session.flush()
    for coming in plan_occurrences(session, now=now):
        compose(session, occurrence=coming, now=now, base_url=settings.base_url)
        coming.drafted_at = now
    _settle_letters(session, now)


# How one-to-ones went, and how many of a hundred went so.
OUTCOMES: tuple[tuple[Callable[..., None] | None, int], ...] = (
    (pairing.mark_kept, 58),
    (pairing.mark_missed, 12),
    (pairing.decline, 8),
    (None, 22),
)


class _Play:
    """Plays entries of the file; a method per table, which takes the entry and its time."""

    def __init__(self, session: Session, settings: Settings, now: datetime) -> None:
        self.session, self.settings, self.now = session, settings, now
        self.chance = Random(WEEKS)  # noqa: S311 - each demo is the same
        self.people = {member.key: member for member in session.scalars(select(Member))}

    def postponed(self, start: datetime) -> list[Event]:
        """Take back what happened after ``start``; return the acts that make it happen again in its time."""
        acts: list[Event] = []
        for column in (Lead.asked_at, Wanted.shared_at, Member.arrived_at, Member.spotlight_at):
            for row in self.session.scalars(select(column.class_).where(column > start)):
                at = getattr(row, column.key)
                setattr(row, column.key, None)
                acts.append((at, partial(setattr, row, column.key, at)))
        return acts

    def week(self, at: datetime) -> None:
        """Play the posts and pairings of the week after ``at``, except those still to come."""
        for occurrence in plan_occurrences(self.session, now=at):
            if occurrence.due_at < self.now:
                self._play_week(occurrence)

    def _play_week(self, occurrence: Occurrence) -> None:
        due_at = occurrence.due_at
        for each in propose_pairings(self.session, occurrence=occurrence, now=due_at - PAIRED):
            self._meet(each, due_at)
        if due_at > self.now - timedelta(days=7):
            self._write_prompts(occurrence, due_at - PAIRED)
        for row in freeze(self.session, occurrence=occurrence, now=due_at, settings=self.settings):
            self.session.flush()
            deliveries.claim_delivery(self.session, now=due_at, lease=ANSWERED, ids=[row.public_id])
            deliveries.mark_delivered(self.session, delivery=row, external_id=f"demo-{row.public_id}", now=due_at)

    def _write_prompts(self, occurrence: Occurrence, at: datetime) -> None:
        for people in weekly_prompts.member_batches(self.session, occurrence=occurrence):
            composed = weekly_prompts.compose_prompts(self.session, occurrence=occurrence, people=people, now=at)
            prompt.store_prompts(self.session, occurrence=occurrence, composed=composed, now=at)
        occurrence.prompted_at = at

    def _meet(self, each: Pairing, due_at: datetime) -> None:
        verb = self.chance.choices([verb for verb, _share in OUTCOMES], [share for _verb, share in OUTCOMES])[0]
        if {each.one.key, each.other.key} == YET_TO_MEET:
            verb = None
        by = self.chance.choice((each.one, each.other))
        met_at = due_at + timedelta(days=self.chance.randint(1, 5), hours=self.chance.randint(0, 6))
        if verb is not pairing.decline:
            place = self.chance.choice(PLACES)
            local = met_at.astimezone(each.zone).replace(tzinfo=None)
            details = {"place": place, "topics": "", "next_step": ""}
            pairing.arrange_meeting(self.session, pairing=each, by=by, meets_at=local, **details, now=due_at)
        if verb is None or met_at > self.now:
            return
        verb(self.session, pairing=each, by=by, now=met_at)
        if verb is pairing.mark_kept and self.chance.random() < 0.8:
            pair = interaction.interactions_between(each.one_id, each.other_id)
            for fact in self.session.scalars(select(interaction.Interaction).where(pair)):
                if fact.confirmed_at is None and fact.said_by_id == by.id and met_at + ANSWERED < self.now:
                    interaction.confirm(self.session, interaction=fact, by=fact.other, now=met_at + ANSWERED)

    def introduction(self, entry: Entry, at: datetime) -> None:
        asker, target, verbs = self.people[entry["asker"]], self.people[entry["target"]], introduction_request
        if "offered_by" in entry:
            introducer = self.people[entry["offered_by"]]
            verbs.offer(self.session, introducer=introducer, one=asker, other=target, text=entry["text"], now=at)
            return
        via = self.people.get(entry.get("via", ""))
        row = verbs.ask(self.session, asker=asker, target=target, via=via, text=entry["text"], now=at)
        if "answer" in entry:
            if row.state is IntroductionState.WITH_VIA and via is not None:
                word = entry.get("word", "")
                verbs.pass_on(self.session, introduction=row, by=via, word=word, now=at + ANSWERED)
            answer = verbs.accept if entry["answer"] == "yes" else verbs.decline
            answer(self.session, introduction=row, by=target, now=at + 2 * ANSWERED)

    def vouch(self, entry: Entry, at: datetime) -> None:
        giver, receiver = self.people[entry["giver"]], self.people[entry["receiver"]]
        texts = {"text": entry["text"], "known_as": entry["known_as"]}
        row = vouch.vouch(self.session, giver=giver, receiver=receiver, **texts, now=at)
        if "answer" in entry:
            vouch.accept(self.session, vouch=row, by=receiver, now=at + ANSWERED)

    def story(self, entry: Entry, at: datetime) -> None:
        others = [self.people[key] for key in entry["others"]]
        texts = {"title": entry["title"], "text": entry["text"]}
        teller = self.people[entry["teller"]]
        story = case_study.submit_story(self.session, teller=teller, others=others, **texts, year=at.year, now=at)
        for other in others if "answer" in entry else ():
            case_study.agree(self.session, story=story, by=other, now=at + ANSWERED)

    def interaction(self, entry: Entry, at: datetime) -> None:
        interaction.record_interaction(
            self.session,
            said_by=self.people[entry["by"]],
            other=self.people[entry["other"]],
            kind=InteractionKind(entry["kind"]),
            happened_on=at.date(),
            note=entry["note"],
            now=at,
        )

    def lead(self, entry: Entry, at: datetime) -> None:
        member, wishes = self.people[entry["member"]], understand(self.session, text=entry["text"]).wishes
        budget = Money(entry["budget"] * 100, "USD") if "budget" in entry else None
        terms = Terms(place=entry["place"], budget=budget)
        lead = create_lead(self.session, member=member, text=entry["text"], wishes=wishes, terms=terms, now=at)
        suggest(self.session, lead=lead, now=at)
        if "needs_too" in entry:
            node = select(Capability.id).where(Capability.scheme == CURATED, Capability.code == entry["needs_too"])
            more = (*wishes_of(lead), Wish(self.session.scalars(node).one()))
            change: dict[str, Any] = {"lead": lead, "wishes": more, "member": member, "now": at}
            correct_and_learn(self.session, terms=terms, learnt=learn(self.session, **change), **change)
            suggest(self.session, lead=lead, now=at)
        for asked in entry.get("asks", ()):
            self._ask(lead, asked)
        if "closed_days_ago" in entry:
            closed_at = self.now - timedelta(days=entry["closed_days_ago"])
            change_state(self.session, lead=lead, to=LeadState(entry["outcome"]), by=member, now=closed_at)

    def request(self, entry: Entry, at: datetime) -> None:
        """A client asks by the form; whom the lead of the chapter gives it to takes it, and shows who would do it."""
        by, session, box = self.people[entry["by"]], self.session, SecretBox(self.settings.encryption_keys)
        chapter = by.business.chapter
        assert chapter is not None
        contact = clean_contact(**{name: entry[name] for name in ("name", "firm", "email", "phone")})
        agreed = {"is_sharing": True, "is_calling": entry["call"]}
        asked = submission.clean_request(contact=contact, text=entry["text"], place=entry["place"], **agreed)
        kept = submission.submit(
            session, chapter=chapter, request=asked, source=submission.Source.FORM, secrets=box, now=at
        )
        due_at = working_hours_later(session, start=at, within=ANSWER_WITHIN, chapter=chapter)
        due = due_text(due_at, chapter)
        submission.confirm(session, submission=kept, **agreed, answer_by=due_at, due=due, secrets=box, now=at)
        if "taken_by" not in entry:
            return
        member, wishes = self.people[entry["taken_by"]], understand(session, text=entry["text"]).wishes
        terms, state = Terms(place=entry["place"]), LeadState.PENDING
        lead = create_lead(session, member=member, text=entry["text"], wishes=wishes, terms=terms, state=state, now=at)
        submission_decision.hand_on(session, submission=kept, lead=lead, by=by, due=due, secrets=box, now=at)
        submission_decision.take_lead(session, lead=lead, by=member, due=due, now=at + ANSWERED)
        suggest(session, lead=lead, now=at + ANSWERED)
        if client := client_of(session, lead=lead):
            options = [(entry["who"], entry["why"])]
            client_choice.show_options(session, client=client, options=options, by=by, now=at + ANSWERED)

    def referral(self, entry: Entry, at: datetime) -> None:
        box = SecretBox(self.settings.encryption_keys)
        play_referral(self.session, entry, people=self.people, secrets=box, at=at)

    def _ask(self, lead: Lead, entry: Entry) -> None:
        """Ask for the whole lead, by mail or by a call that is recorded at once, and play the answer."""
        session, at = self.session, self.now - timedelta(hours=entry["hours_ago"])
        member, answer = self.people[entry["to"]], entry.get("answer", "")
        if "called" in entry:
            outcome = CallOutcome(entry["called"])
            called: Entry = {"business": member.business, "member": member, "by": lead.member, "outcome": outcome}
            offer_request.record_call(session, lead=lead, **called, now=at)
            return
        then = [self.people[key] for key in entry.get("then", ())]
        offer = offer_request.ask(session, lead=lead, member=member, by=lead.member, then=then, now=at)
        if answer == "yes":
            offer_answer.accept(session, offer=offer, by=member, now=at + ANSWERED / 12)
        elif answer:
            reason = DeclineReason(answer)
            offer_answer.decline(session, offer=offer, by=member, reason=reason, now=at + ANSWERED / 12)
        settle_offers(session, lead=lead, now=at + ANSWERED / 8)

    def reply(self, entry: Entry, at: datetime) -> None:
        """Store an answer to the last post before it, in the chapter of who decides about it."""
        by, session = self.people[entry["by"]], self.session
        channels = session.scalars(select(Channel).where(Channel.chapter_id == by.business.chapter_id))
        before = (Delivery.channel_id == (channel := channels.one()).id, Delivery.settled_at < at)
        posts = session.scalars(select(Delivery).where(*before).order_by(Delivery.settled_at.desc()).limit(1))
        social_inbox.store_reply(
            session,
            channel=channel,
            external_id=f"demo-{entry['author']}",
            kind="reply",
            author=entry["author"],
            text=entry["text"],
            address="",
            said_at=at,
            about=posts.one().external_id or "",
            now=at,
        )
        if "outcome" in entry:
            newest = select(social_inbox.Reply).order_by(social_inbox.Reply.id.desc()).limit(1)
            outcome = social_inbox.Outcome(entry["outcome"])
            social_inbox.decide_reply(session, reply=session.scalars(newest).one(), outcome=outcome, by=by, now=at)

    def guest(self, entry: Entry, at: datetime) -> None:
        typed = {name: entry[name] for name in ("name", "email", "firm", "sentence")}
        application.suggest(self.session, by=self.people[entry["by"]], **typed, now=at)

    def invited(self, entry: Entry, at: datetime) -> None:
        by = self.people[entry["by"]]
        assert by.business.chapter is not None
        typed = {name: entry[name] for name in ("name", "email", "firm")}
        invitation.invite(self.session, chapter=by.business.chapter, by=by, **typed, now=at)

    def own_word(self, entry: Entry, at: datetime) -> None:
        """A firm lists what no taxonomy has; where a lead looked at it already, it was kept."""
        member = self.people[entry["member"]]
        ((id,), _new) = Vocabulary(self.session).learn(entry["words"], origin="")
        word, chapter = self.session.get_one(Capability, id), member.business.chapter
        claim(self.session, business=member.business, capability=word, now=at, by=member)
        if "kept_by" in entry and chapter:
            own_word.keep(self.session, chapter=chapter, word=word, by=self.people[entry["kept_by"]], now=at + ANSWERED)

    def saved_search(self, entry: Entry, at: datetime) -> None:
        words, member = {"q": entry["words"]}, self.people[entry["member"]]
        saved_search.save(self.session, member=member, name=entry["name"], parameters=words, now=at)


def _settle_letters(session: Session, now: datetime) -> None:
    """Mark the letters of the played weeks as sent, so that the demo's worker does not send them all at once."""
    is_waiting = (Delivery.channel_id.is_(None), Delivery.state == DeliveryState.PENDING, Delivery.due_at <= now)
    sent = update(Delivery).values(state=DeliveryState.DELIVERED, settled_at=Delivery.due_at, payload=b"")
    session.execute(sent.where(*is_waiting))
