"""Short links: redirects a click to a page of this site, counts it, and remembers it in the browser's session."""

from datetime import timedelta

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from app.access import policy
from app.attribution_cookie import remember_click
from app.db import db
from app.request_time import now
from directory.db import claim_write
from directory.outbox import short_link
from directory.rate_limit import consume_allowance
from directory.week.post_archive import resolve_short_link

pages = Blueprint("short_links", __name__)

# Counted clicks from one network address, of which a hash is kept for that hour. Further clicks are only redirected.
CLICKS_AN_HOUR = 60
# Parts of the user agents of programs that fetch a posted link: link previews of the networks, search engines and
# link checkers. Every server of the fediverse fetches a link itself, so one post would count hundreds of clicks that
# nobody made. A program that hides what it is counts as a click: the number is an estimate.
BOT_WORDS = (
    *("bot", "crawl", "spider", "preview", "facebookexternalhit", "cardyb", "whatsapp/", "embed", "http", "curl"),
    *("mastodon", "pleroma", "akkoma", "misskey", "friendica", "lemmy", "python", "scrap", "monitor", "headless"),
)


@pages.get("/s/<public_id>")
@policy("short_link.follow")
def follow(public_id: str) -> ResponseReturnValue:
    session = db.session()
    link, path = resolve_short_link(session, code=public_id) or abort(404)
    if _is_human_click():
        link_id = link.id
        session.rollback()
        claim_write(session)
        key = f"click from {request.remote_addr}"
        if consume_allowance(session, key=key, limit=CLICKS_AN_HOUR, within=timedelta(hours=1), now=now()):
            link = session.get_one(short_link.ShortLink, link_id)
            short_link.count_click(session, link=link, now=now())
        remember_click(link.delivery)
        session.commit()
    return redirect(path, 302)


def _is_human_click() -> bool:
    """Whether this is probably a person's click: no prefetch or HEAD request, and a user agent that is not a bot's."""
    purpose = f"{request.headers.get('Purpose')} {request.headers.get('Sec-Purpose')}".casefold()
    agent = request.user_agent.string.casefold()
    is_prefetch = request.method == "HEAD" or "prefetch" in purpose or "preview" in purpose
    return not is_prefetch and bool(agent) and not any(word in agent for word in BOT_WORDS)
