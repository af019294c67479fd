"""Today: what waits for me, and the one box that starts everything. Visitors read what this is."""

from flask import Blueprint, render_template

from app.access import policy, principal
from app.db import db
from directory.people import interaction, vouch

pages = Blueprint("today", __name__)


@pages.get("/")
@policy("page.home")
def today() -> str:
    member = principal().member
    if member is None:
        return render_template("today/landing.html")
    session = db.session()
    return render_template(
        "today/index.html",
        me=member,
        interactions=interaction.waiting_for(session, member=member),
        vouches=vouch.waiting_for(session, member=member),
    )
