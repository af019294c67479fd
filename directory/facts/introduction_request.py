"""Verbs of introductions: ask for one, offer one, pass it on, accept, decline, cancel."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from directory import rate_limit
from directory.audit import record
from directory.errors import Conflict, Invalid, Refused
from directory.facts.introduction import Introduction, IntroductionState, are_acquainted, introductions_between
from directory.outbox import mail
from directory.people.member import lock_members
from directory.people.tables import Member
from directory.text import clean_text
from directory.translation import gettext as _

QUOTA, WEEK = 20, timedelta(days=7)  # requests and offers of one member in a week


def ask(
    session: Session, *, asker: Member, target: Member, text: str, via: Member | None = None, now: datetime
) -> Introduction:
    """Ask to meet ``target``, through ``via`` or directly.

    If ``target`` has asked the same, or an offer of the two waits for ``asker``, this accepts it instead. Raises
    Refused for oneself, for two people of one firm, or if ``via`` does not know both. Raises Conflict if the two are
    introduced, if an earlier request of ``asker`` has not ended or an open offer was accepted, or after QUOTA in a
    week. Raises Invalid for a text that is too short or too long.
    """
    if via is not None and not (are_acquainted(session, via, asker) and are_acquainted(session, via, target)):
        raise Refused(_("%(name)s can introduce you only to somebody you both know.", name=via.first_name))
    before = _between(session, asker, target)
    open_rows = [row for row in before if row.is_open(now)]
    for row in open_rows:
        if row.asker_id == target.id and not row.is_offer:
            _connect(session, row, by=asker, now=now)
            return row
        if row.waits_for(asker, now):
            accept(session, introduction=row, by=asker, now=now)
            return row
    # A cancelled request blocks a new one as long as an open one does, so that nobody is asked twice or can probe.
    recent = [row for row in before if row.asker_id == asker.id and not row.is_offer and now < row.ends_at]
    if recent or any(row.is_offer and row.said_by(asker) for row in open_rows):
        raise Conflict(_("You asked in the last three weeks. Give it a little time."))
    state = IntroductionState.WITH_VIA if via else IntroductionState.WITH_TARGET
    introduction = Introduction(
        asker=asker,
        target=target,
        via=via,
        state=state,
        asker_yes=True,
        text=_reason(text, _("why you want to meet")),
        asked_at=now,
    )
    return _send(session, introduction, by=asker, now=now)


def offer(
    session: Session, *, introducer: Member, one: Member, other: Member, text: str, now: datetime
) -> Introduction:
    """Offer to introduce two people whom ``introducer`` knows; each of the two is asked.

    Raises Refused, Conflict and Invalid as ``ask`` does.
    """
    if not (are_acquainted(session, introducer, one) and are_acquainted(session, introducer, other)):
        raise Refused(_("Choose two people you know."))
    before = _between(session, one, other)
    if any(row.via_id == introducer.id and row.is_offer and now < row.ends_at for row in before):
        raise Conflict(_("You offered this in the last three weeks. Give it a little time."))
    introduction = Introduction(
        asker=one, target=other, via=introducer, state=IntroductionState.OFFERED, is_offer=True, asked_at=now
    )
    introduction.text = _reason(text, _("why they should meet"))
    return _send(session, introduction, by=introducer, now=now)


def _between(session: Session, one: Member, other: Member) -> list[Introduction]:
    """Lock the two members and return their introductions, locked as well.

    Raises Refused for one person or one firm, Conflict if the two are introduced already.
    """
    if one.id == other.id:
        raise Refused(_("Choose two different people."))
    if one.business_id == other.business_id:
        raise Refused(_("These two are at the same firm. They need no introduction."))
    lock_members(session, one, other)
    before = introductions_between(session, one=one, other=other, is_locked=True)
    if any(row.is_accepted for row in before):
        raise Conflict(_("These two are already introduced."))
    return before


def _reason(text: str, what: str) -> str:
    text = clean_text(text, field="text", what=what, limit=600)
    if len(text) < 10:
        raise Invalid(_("Say a little more, in a sentence."), field="text")
    return text


def _send(session: Session, introduction: Introduction, *, by: Member, now: datetime) -> Introduction:
    if not rate_limit.consume_allowance(session, key=f"introduction {by.id}", limit=QUOTA, within=WEEK, now=now):
        raise Conflict(_("That is %(count)s introductions in a week. Give people time to answer.", count=QUOTA))
    session.add(introduction)
    session.flush()
    action = "introduction.offer" if introduction.is_offer else "introduction.ask"
    record(session, actor_id=by.id, action=action, object=introduction, now=now)
    first = introduction.via or introduction.target
    for person in (introduction.asker, introduction.target) if introduction.is_offer else (first,):
        _enqueue_mail(session, introduction, person, now)
    return introduction


def pass_on(session: Session, *, introduction: Introduction, by: Member, word: str = "", now: datetime) -> None:
    """Pass the request on to the target, with an optional word of the introducer.

    Raises Refused for anybody but the introducer, Conflict if it does not wait for ``by``.
    """
    _require_awaited(introduction, by, now)
    if by.id != introduction.via_id or introduction.is_offer:
        raise Refused(_("Only the person in between can pass this on."))
    introduction.word = clean_text(word, field="word", what=_("your note"), limit=600, required=False)
    introduction.state, introduction.passed_at = IntroductionState.WITH_TARGET, now
    record(session, actor_id=by.id, action="introduction.pass_on", object=introduction, now=now)
    _enqueue_mail(session, introduction, introduction.target, now)


def accept(session: Session, *, introduction: Introduction, by: Member, now: datetime) -> None:
    """Record that the asker or the target accepts; once both have, they are introduced.

    Raises Refused for the introducer, Conflict if it does not wait for ``by``.
    """
    _require_awaited(introduction, by, now)
    if by.id == introduction.asker_id:
        introduction.asker_yes = True
    elif by.id == introduction.target_id:
        introduction.target_yes = True
    else:
        raise Refused(_("Only the two it is about can say yes."))
    record(session, actor_id=by.id, action="introduction.accept", object=introduction, now=now)
    if introduction.asker_yes and introduction.target_yes:
        _connect(session, introduction, by=by, now=now)


def decline(session: Session, *, introduction: Introduction, by: Member, now: datetime) -> None:
    """Record that the person who is asked declines. The others see it as waiting until it ends.

    Raises Conflict if it does not wait for ``by``.
    """
    _require_awaited(introduction, by, now)
    if by.id == introduction.asker_id:
        introduction.asker_yes = False
    elif by.id == introduction.target_id:
        introduction.target_yes = False
    introduction.state, introduction.answered_at = IntroductionState.DECLINED, now
    record(session, actor_id=by.id, action="introduction.decline", object=introduction, now=now)


def cancel(session: Session, *, introduction: Introduction, by: Member | None, now: datetime) -> None:
    """Cancel it, as the person who started it or as an admin (None).

    Raises Refused for anybody else, Conflict once it is accepted.
    """
    if by is not None and by.id != introduction.begun_by_id:
        raise Refused(_("Only the person who asked can withdraw this."))
    if introduction.is_accepted:
        raise Conflict(_("You are already introduced, so it stays."))
    introduction.state = IntroductionState.CANCELLED
    for person in (introduction.asker, introduction.target, introduction.via):
        if person is not None:
            mail.recall(session, event=f"introduction-{introduction.public_id}", to=person)
    if by is not None:
        record(session, actor_id=by.id, action="introduction.cancel", object=introduction, now=now)


def _connect(session: Session, introduction: Introduction, *, by: Member, now: datetime) -> None:
    introduction.state, introduction.answered_at = IntroductionState.ACCEPTED, now
    introduction.asker_yes = introduction.target_yes = True
    record(session, actor_id=by.id, action="introduction.connect", object=introduction, now=now)
    asker, target, event = introduction.asker, introduction.target, f"introduced-{introduction.public_id}"
    for person, words in (
        (asker, {"other": target.name, "also": ""}),
        (target, {"other": asker.name, "also": ""}),
        (introduction.via, {"other": target.name, "also": asker.name}),
    ):
        if person is not None and person.id != by.id:
            about = introduction.public_id
            mail.enqueue(session, letter="introduced", to=person, event=event, about=about, words=words, now=now)


def _require_awaited(introduction: Introduction, by: Member, now: datetime) -> None:
    if not introduction.waits_for(by, now):
        raise Conflict(_("This is no longer waiting for you: it was answered, withdrawn, or it ended."))


def _enqueue_mail(session: Session, introduction: Introduction, to: Member, now: datetime) -> None:
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
