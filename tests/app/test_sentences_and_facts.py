"""What pages say of people is compared with the rows it is about, in the demo network and with its pairings made."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape
from itertools import pairwise

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, and_, func, or_, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.engine.pair_reason import wishes
from directory.engine.weekly_pairings import propose_pairings
from directory.facts.collaboration import Collaboration
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.introduction import Introduction, IntroductionState
from directory.facts.vouch import Vouch
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted
from directory.taxonomy.capability import Capability
from directory.week.mention_choice import NEW_FOR, Mention
from directory.week.occurrence_planning import plan_occurrences
from directory.week.pairing import Pairing
from directory.week.post import compose
from tests.app.conftest import SignIn

pytestmark = pytest.mark.slow  # the model reads the wishes of three chapters


@pytest.fixture
def engine(demo: Engine, now: datetime) -> Engine:
    """The demo network, in which a week was paired and its posts are composed."""
    with write_session(demo) as session:
        for row in plan_occurrences(session, now=now):
            propose_pairings(session, occurrence=row, now=now)
            compose(session, occurrence=row, now=now)
    return demo


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def of(session: Session, key: str) -> Member:
    return session.scalars(select(Member).where(Member.key == key)).one()


class Facts:
    """The rows that a sentence to ``reader`` may be about; ``other`` is whose page it stands on."""

    def __init__(self, session: Session, reader: Member, other: Member | None, now: datetime) -> None:
        self.session, self.reader, self.other, self.now = session, reader, other, now

    def person(self, name: str) -> Member:
        if name in ("You", "you"):
            return self.reader
        named = select(Member).where(or_(Member.name == name, Member.name.startswith(f"{name} ")))
        people = self.session.scalars(named).all()
        return next((one for one in people if one in (self.other, self.reader)), people[0])

    def has(self, *conditions: object) -> bool:
        return bool(self.session.scalar(select(func.count()).where(*conditions)))  # type: ignore[arg-type]

    def knows(self, one: Member, other: Member, kind: InteractionKind, year: int | None = None) -> bool:
        both = or_(
            and_(Interaction.said_by_id == one.id, Interaction.other_id == other.id),
            and_(Interaction.said_by_id == other.id, Interaction.other_id == one.id),
        )
        rows = self.session.scalars(
            select(Interaction).where(both, Interaction.kind == kind, Interaction.confirmed_at.is_not(None))
        )
        return any(year in (None, row.happened_on.year) for row in rows)

    def vouches(self, giver: Member, receiver: Member) -> bool:
        return self.has(Vouch.giver_id == giver.id, Vouch.receiver_id == receiver.id, Vouch.accepted_at.is_not(None))

    def worked(self, one: Member, other: Member, title: str = "") -> bool:
        pair = {one.business_id, other.business_id}
        rows = self.session.scalars(select(Collaboration).where(Collaboration.finished_at.is_not(None)))
        return any({row.prime_id, row.sub_id} == pair and title in ("", row.title) for row in rows)

    def introduced(self, one: Member, other: Member) -> bool:
        pair = or_(
            and_(Introduction.asker_id == one.id, Introduction.target_id == other.id),
            and_(Introduction.asker_id == other.id, Introduction.target_id == one.id),
        )
        return self.has(pair, Introduction.state == IntroductionState.ACCEPTED)

    def step(self, one: Member, fact: str, other: Member) -> bool:
        """Whether a fact such as "worked with, in 2024" holds from one person to the next."""
        if "recommend" in fact:
            return self.vouches(other, one) if "recommended by" in fact else self.vouches(one, other)
        return {
            "worked with": self.knows(one, other, InteractionKind.WORKED),
            "met": self.knows(one, other, InteractionKind.MET),
            "did a project with": self.worked(one, other),
            "introduced to": self.introduced(one, other),
        }[fact.split(",")[0].removeprefix("were ").removeprefix("was ")]

    def wants(self, who: Member, words: str) -> bool:
        return any(words in [wish.rstrip(" .") for wish in wishes(ask.text)] for ask in who.asks)

    def does(self, firm: Business, capability: str) -> bool:
        claimed = (Claim.business_id == firm.id, Claim.capability_id == Capability.id, Capability.name == capability)
        return self.has(*claimed)

    def answers(self, giver: Member, said: str) -> bool:
        """Whether the second half of a reason is so: "your firm does WordPress"."""
        firm = giver.business
        forms: tuple[tuple[str, Callable[[str], bool]], ...] = (
            (r".*firm does (.+)", lambda what: self.does(firm, what)),
            (r".*firm says: “(.+)”", lambda what: firm.summary.startswith(what.rstrip("…"))),
            (r".*best customers.*: “(.+)”", lambda what: firm.best_customers.startswith(what.rstrip("…"))),
            (r"(?:you say|\w+ says): “(.+)”", lambda what: giver.headline.startswith(what)),
            (r".* (?:is|are) with (.+)", lambda what: firm.name == what),
        )
        return any(is_so(found[1]) for form, is_so in forms if (found := re.fullmatch(form, said)))

    def reason(self, sentence: str, one: Member, other: Member) -> bool:
        """Whether the reason for a pair of two is so."""
        if found := re.fullmatch(r"(.+) and (.+) both want to meet “(.+)”\.", sentence):
            return self.wants(one, found[3]) and self.wants(other, found[3])
        if found := re.fullmatch(r"(\S+) wants? to meet “(.+)”, and (\S+) wants to meet “(.+)”\.", sentence):
            return self.wants(self._named(found[1], one, other), found[2]) and self.wants(
                self._named(found[3], one, other), found[4]
            )
        found = re.fullmatch(r"(\S+) wants? to meet “(.+?)”; (.+)\.", sentence)
        if found is None:
            return False
        asker = self._named(found[1], one, other)
        giver = other if asker is one else one
        return self.wants(asker, found[2]) and self.answers(giver, found[3])

    def _named(self, word: str, one: Member, other: Member) -> Member:
        if word in ("You", "you"):
            return self.reader
        return one if one.first_name == word else other


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def blocks(page: str, opening: str, end: str) -> list[str]:
    return re.findall(f"{opening}(.*?){end}", page, re.DOTALL)


def check_between(facts: Facts, page: str) -> int:
    """Check the list of what joins the reader and the member; return how many sentences it has."""
    me, other = facts.reader, facts.other
    assert other is not None
    forms: tuple[tuple[str, Callable[[re.Match[str]], bool]], ...] = (
        (r"You worked together in (\d+)", lambda it: facts.knows(me, other, InteractionKind.WORKED, int(it[1]))),
        (r"You met in (\d+)", lambda it: facts.knows(me, other, InteractionKind.MET, int(it[1]))),
        (r"Your firms finished “(.+)” .+", lambda it: facts.worked(me, other, it[1])),
        (r"You recommended .+", lambda it: facts.vouches(me, other)),
        (r".+ recommended you", lambda it: facts.vouches(other, me)),
        (r"You were introduced .+", lambda it: facts.introduced(me, other)),
        (r"You both know (.+)", lambda it: all(_acquainted(facts, me, other, name) for name in it[1].split(", "))),
        (r"You say you .+ has yet to confirm it\..*", lambda it: facts.has(Interaction.said_by_id == me.id)),
        (r".+ says you .+", lambda it: facts.has(Interaction.said_by_id == other.id, Interaction.other_id == me.id)),
    )
    rows = [text_of(row) for part in blocks(page, '<ul class="plain facts-between">', "</ul>")
            for row in blocks(part, "<li>", "</li>")]  # fmt: skip
    for row in rows:
        said = row.split(" · ")[0]
        assert any(is_so(found) for form, is_so in forms if (found := re.fullmatch(form, said))), row
    return len(rows)


def _acquainted(facts: Facts, one: Member, other: Member, name: str) -> bool:
    third = facts.person(name.strip(" ,"))
    kinds = (InteractionKind.WORKED, InteractionKind.MET)
    return all(any(facts.knows(each, third, kind) for kind in kinds) for each in (one, other))


def check_paths(facts: Facts, page: str) -> int:
    paths = blocks(page, '<p class="path">', "</p>")
    for path in paths:
        steps = re.findall(r"<b>(.*?)</b>(?: <span>(.*?)</span>)?", path)
        for (start, fact), (end, _next) in pairwise(steps):
            names = facts.person(unescape(start)), facts.person(unescape(end))
            assert facts.step(names[0], unescape(fact), names[1]), text_of(path)
    return len(paths)


def check_member_page(session: Session, page: str, reader: Member, member: Member, now: datetime) -> int:
    """Check a member's page; return the number of sentences that were compared."""
    facts = Facts(session, reader, member, now)
    words = blocks(page, '<blockquote class="word good">', "</blockquote>")
    for word in words:
        said, giver = re.findall(r"“(.+?)”</p><cite><a [^>]+>(.+?)</a>", word, re.DOTALL)[0]
        accepted = Vouch.text == unescape(said), Vouch.accepted_at.is_not(None), Vouch.receiver_id == member.id
        assert facts.has(*accepted, Vouch.giver_id == facts.person(unescape(giver)).id), text_of(word)
    stands = re.findall(r'<span class="sure">(.+?)</span><span>\s*(.+?)\s*</span>', page, re.DOTALL)
    for name, how in stands:
        assert facts.does(member.business, unescape(name)), name
        if found := re.match(r"(one|\d+) finished projects?", how):
            many = 1 if found[1] == "one" else int(found[1])
            finished = select(Collaboration).where(
                Collaboration.finished_at.is_not(None),
                or_(Collaboration.prime_id == member.business_id, Collaboration.sub_id == member.business_id),
            )
            rows = session.scalars(finished).all()
            assert sum(unescape(name) in {each.name for each in row.capabilities} for row in rows) >= many, name
        else:
            assert re.match(r"(one|\d+) firms? recommend", how), how
    wants = [text_of(want) for part in blocks(page, '<ul class="plain wants">', "</ul>")
             for want in blocks(part, "<b>", "</b>")]  # fmt: skip
    assert {*wants} <= {ask.text for ask in member.asks}
    return len(words) + len(stands) + len(wants) + check_between(facts, page) + check_paths(facts, page)


def browser_of(sign_in: SignIn, app: Site, session: Session, key: str, now: datetime) -> FlaskClient:
    app.config["CLOCK"] = lambda: now
    return sign_in(of(session, key))


@pytest.mark.parametrize("reader", ["nadia", "bea", "lena"])
def test_every_sentence_of_a_members_page_has_its_fact(
    app: Site, session: Session, sign_in: SignIn, now: datetime, reader: str
) -> None:
    browser, me = browser_of(sign_in, app, session, reader, now), of(session, reader)
    everybody = session.scalars(select(Member).where(Member.is_active, Member.id != me.id)).all()
    pages = [(browser.get(f"/members/{one.public_id}").text, one) for one in everybody]
    assert sum(check_member_page(session, page, me, one, now) for page, one in pages) > 3 * len(everybody)


def test_every_reason_for_a_pairing_has_its_fact(app: Site, session: Session, sign_in: SignIn, now: datetime) -> None:
    lena = of(session, "lena")
    browser = browser_of(sign_in, app, session, "lena", now)
    pairings = session.scalars(select(Pairing)).all()
    assert len({id for row in pairings for id in (row.one_id, row.other_id)}) == 2 * len(pairings) > 10
    assert all(row.one.business_id != row.other.business_id for row in pairings)
    rows = blocks(browser.get("/chapter").text, '<section class="card" id="pairs">', "</section>")[0]
    for row, pairing in zip(blocks(rows, "<li>", "</li>"), _of_chapter(pairings, lena), strict=True):
        (reason,) = (text_of(each) for each in blocks(row, '<p class="does mt-1" dir="auto">', "</p>"))
        assert Facts(session, lena, None, now).reason(reason, pairing.one, pairing.other), reason


def _of_chapter(pairings: list[Pairing], member: Member) -> list[Pairing]:
    return [row for row in pairings if row.occurrence.chapter_id == member.business.chapter_id]


def test_every_reason_on_todays_and_the_pairings_pages_has_its_fact(
    app: Site, session: Session, sign_in: SignIn, now: datetime
) -> None:
    told = 0
    for pairing in session.scalars(select(Pairing).order_by(Pairing.id.desc()).limit(6)):
        for member in (pairing.one, pairing.other):
            app.config["CLOCK"] = lambda: now
            browser, facts = sign_in(member), Facts(session, member, pairing.partner(member), now)
            page = browser.get(f"/pairings/{pairing.public_id}").text
            today = browser.get("/").text
            assert 'id="meet"' not in today
            said = [text_of(each) for each in blocks(page, '<p class="lede">', "</p>")]
            said += [text_of(each) for each in blocks(today, '<p class="does mt-0" dir="auto">', "</p>")]
            reasons = [each for each in said if "to meet “" in each]
            assert {facts.reason(each, member, pairing.partner(member)) for each in reasons} == {True}, reasons
            told += len(reasons)
    assert told > 12


def test_every_line_of_the_week_and_every_reason_has_its_fact(
    app: Site, session: Session, sign_in: SignIn, now: datetime
) -> None:
    lena = of(session, "lena")
    page = browser_of(sign_in, app, session, "lena", now).get("/week").text
    week = session.scalars(select(Occurrence).where(Occurrence.chapter_id == lena.business.chapter_id)).all()[-1]
    mentions = session.scalars(select(Mention).where(Mention.occurrence_id == week.id).order_by(Mention.id)).all()
    shown = [text_of(row) for row in blocks(blocks(page, "Who is in it, and why", "</section>")[0], "<li>", "</li>")]
    assert len(shown) == len(mentions) > 2
    for row, mention in zip(shown, mentions, strict=True):
        assert mention.member.name in row or "A member" in row
        assert is_so(session, mention, now), row
    lines = text_of(blocks(page, '<article class="post">', "</article>")[0])
    for mention in mentions:
        said = mention.wanted.text if mention.wanted else mention.member.business.name
        assert said in lines
        assert mention.member.spotlight_at is not None or mention.member.name not in lines
    if found := re.search(r"nobody here does (.+) yet", lines):
        assert not session.scalar(_claims_in(week.chapter, found[1]))
    assert lines.count("New with us") <= 1


def is_so(session: Session, mention: Mention, now: datetime) -> bool:
    """Whether the reason of a mention is a fact of its row."""
    reason = mention.reason.removesuffix(", without the name")
    if mention.wanted is not None:
        return mention.wanted.text in reason and isinstance(mention.wanted, Wanted)
    if mention.lead is not None:
        needs = re.fullmatch(r"looks for (.+) for a client", reason)
        own = {each.name for each in mention.lead.business.capabilities}
        asked = {need.capability.name for need in mention.lead.needs} - own
        return needs is not None and {*re.split(r", | and ", needs[1])} <= asked
    posted = session.scalar(
        select(func.count()).select_from(Mention).join(Mention.occurrence)
        .where(Mention.member_id == mention.member_id, Occurrence.posted_at.is_not(None))
    )  # fmt: skip
    return {
        "is new in the network": now - mention.member.joined_at < NEW_FOR and not posted,
        "has not been introduced yet": not posted,
    }.get(reason, reason.startswith("was last mentioned") and bool(posted))


def _claims_in(chapter: Chapter, capability: str) -> object:
    named = select(func.count()).select_from(Claim).join(Business, Business.id == Claim.business_id)
    return named.join(Capability, Capability.id == Claim.capability_id).where(
        Capability.name == capability, Business.chapter_id == chapter.id
    )
