"""Short links: a click leads on to our own page, is counted, and is remembered by the browser that clicked."""

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

CLICKS_AN_HOUR = 60  # from one network address, of which a hash is kept so long; more are led on, and not counted
# Words in what programs call themselves that fetch a link because somebody posted it: the previews of the networks,
# and what every search engine and checker has in its name. Each server of the fediverse fetches for itself, so that
# one post would count hundreds of clicks nobody made. Who hides what it is counts: the number is a hint, not a proof.
PREVIEWS = (
    *("bot", "crawl", "spider", "preview", "facebookexternalhit", "cardyb", "whatsapp/", "embed", "http", "curl"),
    *("mastodon", "pleroma", "akkoma", "misskey", "friendica", "lemmy", "python", "scrap", "monitor", "headless"),
)


@pages.get("/s/<public_id>")
@policy("short_link.follow")
def follow(public_id: str) -> ResponseReturnValue:
    session = db.session()
    link, path = resolve_short_link(session, code=public_id) or abort(404)
    if _is_person():
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


def _is_person() -> bool:
    """Whether this looks like somebody's click: no look ahead (HEAD, prefetch), and no program that says it is one."""
    purpose = f"{request.headers.get('Purpose')} {request.headers.get('Sec-Purpose')}".casefold()
    agent = request.user_agent.string.casefold()
    is_ahead = request.method == "HEAD" or "prefetch" in purpose or "preview" in purpose
    return not is_ahead and bool(agent) and not any(word in agent for word in PREVIEWS)
