"""The share sheet: links that open a member's own text, or the network's latest post, in their social accounts."""

import re
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from app.access import current_member, permit, policy
from app.db import db
from app.request_time import now
from directory.outbox.channel import channels_of
from directory.outbox.channel_lifecycle import account_page
from directory.outbox.occurrence import Occurrence
from directory.week.member_share_text import share_text
from directory.week.occurrence_planning import upcoming_occurrence
from directory.week.post_archive import archive_path, past_weeks

pages = Blueprint("share_sheet", __name__)

# Name, URL that opens a draft, and the URL parameter of the text.
SHARE_TARGETS = (
    ("WhatsApp", "https://wa.me/", "text"),
    ("X", "https://x.com/intent/post", "text"),
    ("Bluesky", "https://bsky.app/intent/compose", "text"),
)
SERVER = r"([a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}"  # host name of the member's own Mastodon server


@pages.get("/week/share")
@policy("occurrence.read")
def show() -> str:
    session, chapter = db.session(), current_member().business.chapter
    permit("occurrence.read", (chapter and upcoming_occurrence(session, chapter=chapter, now=now())) or Occurrence())
    text, server = share_text(session, member=current_member()), request.args.get("server", "").strip().casefold()
    mastodon = [("Mastodon", f"https://{server}/share", "text")] if re.fullmatch(SERVER, server) else []
    latest = past_weeks(session, chapter=chapter)[:1] if chapter else []
    return render_template(
        "week/share.html",
        text=text,
        places=[
            (name, f"{href}?{urlencode({field: text})}", href, field)
            for name, href, field in (*SHARE_TARGETS, *mastodon)
        ],
        server=SERVER,
        latest=latest[0] if latest else None,
        path=archive_path(latest[0].occurrence) if latest and chapter and chapter.public_at else "",
        accounts=[(row, page) for row in channels_of(session, chapter=chapter) if (page := account_page(row))]
        if chapter
        else [],
    )
