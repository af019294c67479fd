"""One-time answer links in mails: a GET shows the question, a POST answers it once; the link is the authorisation."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import policy
from app.db import db
from app.request_time import now
from directory.errors import Invalid
from directory.facts import case_study, interaction, introduction_request, vouch
from directory.facts.case_study import CaseStudy
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction
from directory.facts.vouch import Vouch
from directory.leads import offer_answer
from directory.leads.offer import DeclineReason, Offer, OfferState, reason_text
from directory.outbox.occurrence import Occurrence
from directory.people.one_time_link import find_link, use_link
from directory.people.tables import Member
from directory.week.mention_choice import mentions_of
from directory.week.post import withdraw_mention

pages = Blueprint("mail_actions", __name__)


class Question(NamedTuple):
    """What a kind of mail asks: the table of its row, whether an answer is still pending, and what yes and no do."""

    table: type[Any]
    is_pending: Callable[[Any, Member, datetime], bool]
    yes: Callable[[Any, Member], None]
    no: Callable[[Any, Member], None]


def _is_story_pending(row: CaseStudy, by: Member, at: datetime) -> bool:
    party = row.party(by)
    return bool(party and not party.agreed_at and not party.declined_at and row.teller.is_active)


def _accept_introduction(row: Introduction, by: Member) -> None:
    """Pass the request on if ``by`` is the introducer, else accept it."""
    if by.id == row.via_id:
        introduction_request.pass_on(
            db.session(), introduction=row, by=by, word=request.form.get("word", ""), now=now()
        )
    else:
        introduction_request.accept(db.session(), introduction=row, by=by, now=now())


def chosen_reason() -> DeclineReason | None:
    """Return the reason that the form gives for a no, None without one."""
    reason = request.form.get("reason", "")
    return DeclineReason(reason) if reason in {*DeclineReason} else None


@pages.app_template_global()
def decline_reasons() -> dict[str, str]:
    """Return the reasons to say no to an offer, each with its label."""
    return {reason.value: reason_text(reason) for reason in DeclineReason}


QUESTIONS = {
    "interaction": Question(
        Interaction,
        lambda row, by, at: not row.confirmed_at and not row.declined_at and row.said_by.is_active,
        lambda row, by: interaction.confirm(db.session(), interaction=row, by=by, now=now()),
        lambda row, by: interaction.decline(db.session(), interaction=row, by=by, now=now()),
    ),
    "vouch": Question(
        Vouch,
        lambda row, by, at: not row.accepted_at and not row.declined_at and row.giver.is_active,
        lambda row, by: vouch.accept(db.session(), vouch=row, by=by, now=now()),
        lambda row, by: vouch.decline(db.session(), vouch=row, by=by, now=now()),
    ),
    "introduction": Question(
        Introduction,
        lambda row, by, at: row.waits_for(by, at),
        _accept_introduction,
        lambda row, by: introduction_request.decline(db.session(), introduction=row, by=by, now=now()),
    ),
    "mentioned": Question(
        Occurrence,
        lambda row, by, at: (
            row.is_open
            and any(
                mention.member_id == by.id and not mention.vetoed_at
                for mention in mentions_of(db.session(), occurrence=row)
            )
        ),
        lambda row, by: None,  # the mention stays
        lambda row, by: withdraw_mention(
            db.session(), occurrence=row, member=by, now=now(), base_url=current_app.config["BASE_URL"]
        ),
    ),
    "offer": Question(
        Offer,
        lambda row, by, at: (
            row.state in (OfferState.PENDING, OfferState.EXPIRED) and row.lead.closed_at is None and row.by.is_active
        ),
        lambda row, by: offer_answer.accept(db.session(), offer=row, by=by, now=now()),
        lambda row, by: offer_answer.decline(db.session(), offer=row, by=by, reason=chosen_reason(), now=now()),
    ),
    "offer_noted": Question(
        Offer,
        lambda row, by, at: row.state is OfferState.ACCEPTED and row.is_noted and row.lead.closed_at is None,
        lambda row, by: offer_answer.accept(db.session(), offer=row, by=by, now=now()),
        lambda row, by: offer_answer.decline(db.session(), offer=row, by=by, reason=chosen_reason(), now=now()),
    ),
    "story": Question(
        CaseStudy,
        _is_story_pending,
        lambda row, by: case_study.agree(db.session(), story=row, by=by, now=now()),
        lambda row, by: case_study.decline(db.session(), story=row, by=by, now=now()),
    ),
}


@pages.route(f"/answer/<any({', '.join(QUESTIONS)}):kind>/<string:token>", methods=["GET", "POST"])
@policy("answer.by_link")
def answer(kind: str, token: str) -> ResponseReturnValue:
    session, question, is_sent = db.session(), QUESTIONS[kind], request.method == "POST"
    try:
        link = find_link(session, purpose=kind, token=token, now=now())
    except Invalid:
        return render_template("mail_actions/over.html"), 410
    query = select(question.table).where(question.table.public_id == link.about)
    row = session.scalar(query.with_for_update() if is_sent and question.table is not Offer else query)
    if row is None or not question.is_pending(row, link.member, now()):
        return render_template("mail_actions/over.html", row=row), 410
    if not is_sent:
        return render_template("mail_actions/show.html", kind=kind, row=row, me=link.member, reasons=decline_reasons())
    act = request.form.get("act")
    if act not in ("yes", "no"):
        abort(400)
    try:
        (question.yes if act == "yes" else question.no)(row, link.member)
        use_link(session, purpose=kind, token=token, now=now())
    except Invalid as error:
        session.rollback()
        row = session.scalar(query)
        told = {"wrong": error.message, "reasons": decline_reasons()}
        return render_template("mail_actions/show.html", kind=kind, row=row, me=link.member, **told), 422
    session.commit()
    return render_template("mail_actions/done.html", kind=kind, row=row, me=link.member, act=act)
