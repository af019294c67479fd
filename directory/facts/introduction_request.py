"""Introducing: to ask for an introduction, offer one, pass it on, say yes or rather not, and take it back."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from directory import rate_limit
from directory.audit import record
from directory.db import bump_world
from directory.errors import Conflict, Invalid, Refused
from directory.facts.introduction import Introduction, IntroductionState, are_acquainted, introductions_between
from directory.outbox import mail
from directory.people.member import lock_members
from directory.people.tables import Member
from directory.text import clean_text
from directory.translation import gettext as _

QUOTA, WEEK = 20, timedelta(days=7)


def ask(
    session: Session, *, asker: Member, target: Member, text: str, via: Member | None = None, now: datetime
) -> Introduction:
    """Ask to meet ``target``, through ``via`` or directly. Where the other has asked already, this is the second yes.

    Raises Refused for oneself, one firm, or a ``via`` who does not know both, Conflict where the two were introduced
    or asked lately, or after 20 in a week.
    """
    if via is not None and not (are_acquainted(session, via, asker) and are_acquainted(session, via, target)):
        raise Refused(_("%(name)s can introduce you only to somebody you both know.", name=via.first_name))
    before = _between(session, asker, target)
    now_open = [each for each in before if each.is_open(now)]
    for theirs in now_open:
        if theirs.asker_id == target.id and not theirs.is_offer:
            _connect(session, theirs, by=asker, now=now)
            return theirs
        if theirs.waits_for(asker, now):
            accept(session, introduction=theirs, by=asker, now=now)
            return theirs
    # Whoever took theirs back waits as long as others do: nobody is asked twice in a while, and nobody can probe.
    mine = [each for each in before if each.asker_id == asker.id and not each.is_offer and now < each.ends_at]
    if mine or any(each.is_offer and each.said_by(asker) for each in now_open):
        raise Conflict(_("You asked in the last three weeks. Give it a little time."))
    state = IntroductionState.WITH_VIA if via else IntroductionState.WITH_TARGET
    made = Introduction(
        asker=asker,
        target=target,
        via=via,
        state=state,
        asker_yes=True,
        text=_reason(text, _("why you want to meet")),
        asked_at=now,
    )
    return _begin(session, made, by=asker, now=now)


def offer(
    session: Session, *, introducer: Member, one: Member, other: Member, text: str, now: datetime
) -> Introduction:
    """Somebody who knows both offers to introduce them; both are asked, each apart. Raises as ``ask`` does."""
    if not (are_acquainted(session, introducer, one) and are_acquainted(session, introducer, other)):
        raise Refused(_("Introduce two people whom you know both."))
    before = _between(session, one, other)
    if any(each.via_id == introducer.id and each.is_offer and now < each.ends_at for each in before):
        raise Conflict(_("You offered this in the last three weeks. Give it a little time."))
    made = Introduction(
        asker=one, target=other, via=introducer, state=IntroductionState.OFFERED, is_offer=True, asked_at=now
    )
    made.text = _reason(text, _("why they should meet"))
    return _begin(session, made, by=introducer, now=now)


def _between(session: Session, one: Member, other: Member) -> list[Introduction]:
    """What was between the two, held. Raises Refused where they need none, Conflict where they had one."""
    if one.id == other.id:
        raise Refused(_("Nobody has to be introduced to themselves."))
    if one.business_id == other.business_id:
        raise Refused(_("These two are at one firm; they need no introduction."))
    lock_members(session, one, other)
    before = introductions_between(session, one=one, other=other, is_held=True)
    if any(each.is_accepted for each in before):
        raise Conflict(_("These two are introduced already."))
    return before


def _reason(text: str, what: str) -> str:
    text = clean_text(text, field="text", what=what, limit=600)
    if len(text) < 10:
        raise Invalid(_("Say a little more, in a sentence."), field="text")
    return text


def _begin(session: Session, made: Introduction, *, by: Member, now: datetime) -> Introduction:
    if not rate_limit.consume_allowance(session, key=f"introduction {by.id}", most=QUOTA, within=WEEK, now=now):
        raise Conflict(_("That is %(count)s introductions in a week. Give people time to answer.", count=QUOTA))
    session.add(made)
    session.flush()
    _record(session, made, "offer" if made.is_offer else "ask", by, now)
    for asked in (made.asker, made.target) if made.is_offer else (made.via or made.target,):
        _write(session, made, asked, now)
    return made


def pass_on(session: Session, *, introduction: Introduction, by: Member, word: str = "", now: datetime) -> None:
    """The person in between passes it on, with a word of their own or none. Raises Conflict out of turn."""
    _require_turn(introduction, by, now)
    if by.id != introduction.via_id or introduction.is_offer:
        raise Refused(_("Only the person in between can pass this on."))
    introduction.word = clean_text(word, field="word", what=_("your word"), limit=600, required=False)
    introduction.state, introduction.passed_at = IntroductionState.WITH_TARGET, now
    _record(session, introduction, "pass_on", by, now)
    _write(session, introduction, introduction.target, now)


def accept(session: Session, *, introduction: Introduction, by: Member, now: datetime) -> None:
    """One of the two says yes; they are connected when both have. Raises Conflict out of turn."""
    _require_turn(introduction, by, now)
    if by.id == introduction.asker_id:
        introduction.asker_yes = True
    elif by.id == introduction.target_id:
        introduction.target_yes = True
    else:
        raise Refused(_("Only the two it is about can say yes."))
    _record(session, introduction, "accept", by, now)
    if introduction.asker_yes and introduction.target_yes:
        _connect(session, introduction, by=by, now=now)


def decline(session: Session, *, introduction: Introduction, by: Member, now: datetime) -> None:
    """Whoever is asked says rather not; the others see that it waits, until it ends. Raises Conflict out of turn."""
    _require_turn(introduction, by, now)
    if by.id == introduction.asker_id:
        introduction.asker_yes = False
    elif by.id == introduction.target_id:
        introduction.target_yes = False
    introduction.state, introduction.answered_at = IntroductionState.DECLINED, now
    _record(session, introduction, "decline", by, now)


def cancel(session: Session, *, introduction: Introduction, by: Member | None, now: datetime) -> None:
    """Who began it, or an admin (None), takes it back. Raises Refused for anybody else, Conflict once accepted."""
    if by is not None and by.id != introduction.begun_by_id:
        raise Refused(_("Only the person who asked can take this back."))
    if introduction.is_accepted:
        raise Conflict(_("You know each other now; it stays."))
    introduction.state = IntroductionState.CANCELLED
    for each in (introduction.asker, introduction.target, introduction.via):
        if each is not None:
            mail.recall(session, event=f"introduction-{introduction.public_id}", to=each)
    if by is not None:
        _record(session, introduction, "cancel", by, now)


def _connect(session: Session, introduction: Introduction, *, by: Member, now: datetime) -> None:
    introduction.state, introduction.answered_at = IntroductionState.ACCEPTED, now
    introduction.asker_yes = introduction.target_yes = True
    _record(session, introduction, "connect", by, now)
    bump_world(session)
    asker, target, event = introduction.asker, introduction.target, f"introduced-{introduction.public_id}"
    for each, words in (
        (asker, {"other": target.name, "also": ""}),
        (target, {"other": asker.name, "also": ""}),
        (introduction.via, {"other": target.name, "also": asker.name}),
    ):
        if each is not None and each.id != by.id:
            mail.enqueue(
                session, letter="introduced", to=each, event=event, about=introduction.public_id, words=words, now=now
            )


def _require_turn(introduction: Introduction, by: Member, now: datetime) -> None:
    if not introduction.waits_for(by, now):
        raise Conflict(_("This does not wait for you any more: it was answered, taken back, or ended."))


def _write(session: Session, introduction: Introduction, to: Member, now: datetime) -> None:
    via = introduction.via
    part = "offer" if introduction.is_offer else "via" if via and via.id == to.id else "target"
    words = {
        "part": part,
        "asker": introduction.asker.name,
        "firm": introduction.other(to).business.name if part != "via" else introduction.asker.business.name,
        "other": introduction.other(to).name if part != "via" else introduction.target.name,
        "via": via.name if via else "",
        "text": introduction.text,
        "word": introduction.word,
    }
    event = f"introduction-{introduction.public_id}"
    mail.enqueue(
        session,
        letter="introduction",
        to=to,
        event=event,
        about=introduction.public_id,
        words=words,
        due_at=now + mail.UNDO if introduction.passed_at is None else now,
        now=now,
    )


def _record(session: Session, introduction: Introduction, act: str, by: Member, now: datetime) -> None:
    what = f"introduction {introduction.public_id}"
    record(session, actor_id=by.id, action=f"introduction.{act}", object=what, now=now)
