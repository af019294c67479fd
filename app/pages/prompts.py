"""Prompts: answering an item of the weekly mail by its link. A GET changes nothing."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import policy
from app.db import db
from app.request_time import now
from directory.errors import DomainError, Invalid
from directory.people.one_time_link import find_link
from directory.week import prompt as prompts
from directory.week.prompt import Prompt

pages = Blueprint("prompts", __name__)


@pages.route("/prompt/<string:token>/<int:number>", methods=["GET", "POST"])
@policy("answer.by_link")
def answer(token: str, number: int) -> ResponseReturnValue:
    """Show or answer one item of the weekly mail. Its link is valid for all items; each can be answered once."""
    session, act, error_message = db.session(), request.form.get("act"), ""
    try:
        link = find_link(session, purpose="prompt", token=token, now=now())
    except Invalid:
        return render_template("mail_actions/over.html"), 410
    row = session.scalars(select(Prompt).where(Prompt.public_id == link.about)).one_or_none()
    about = prompts.item_row(session, row, row.items[number - 1]) if row and 0 < number <= len(row.items) else None
    if row is None or about is None or row.items[number - 1]["answer"]:
        return render_template("mail_actions/over.html"), 410
    if act in ("yes", "no"):
        try:
            prompts.answer_item(session, prompt=row, index=number - 1, is_yes=act == "yes", now=now())
            session.commit()
        except DomainError as error:
            session.rollback()
            error_message, act = error.message, None
    unanswered = [other for other, item in enumerate(row.items, 1) if other != number and not item["answer"]]
    return render_template(
        "prompts/show.html",
        kind=row.items[number - 1]["kind"],
        row=about,
        who=prompts.item_person(about, row.member),
        me=row.member,
        act=act,
        wrong=error_message,
        more=url_for(".answer", token=token, number=unanswered[0]) if unanswered else "",
    ), 409 if error_message else 200
