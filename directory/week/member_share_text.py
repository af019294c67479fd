"""Share texts: what a member may post to their own account, in words of their own; nothing is sent from here."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.audience import Audience
from directory.people.tables import Member, Wanted, WantedKind
from directory.profiles.member_view import visible_to
from directory.translation import gettext as _
from directory.week.post_wording import hashtags, truncate

MAX_QUOTE = 160  # characters of the quoted text, so that the whole fits on every network


def share_text(session: Session, *, member: Member) -> str:
    """Return a text about the member alone: their newest open wanted or offer, else what their firm does.

    Two members' texts differ by their own words and by their firm, so that the network does not post the same from
    many accounts.
    """
    firm, chapter = member.business.name, member.business.chapter
    query = select(Wanted).where(Wanted.member_id == member.id, Wanted.ended_at.is_(None))
    ask = session.scalars(query.order_by(Wanted.wanted_at.desc(), Wanted.id.desc()).limit(1)).first()
    if ask is not None:
        what = truncate(ask.text, MAX_QUOTE).rstrip(".")
        opening = {
            WantedKind.OFFER: _("This week I offer: %(what)s.", what=what),
            WantedKind.PARTNER: _("I am looking for a partner: %(what)s.", what=what),
        }.get(ask.kind) or _("This week I would like to meet: %(what)s.", what=what)
    else:
        summary = visible_to(member, Audience.PUBLIC).get("headline") or member.business.summary
        opening = truncate(summary, MAX_QUOTE) or _("Who should I meet this week?")
    closing = _("Know somebody? Tell me. %(name)s, %(firm)s", name=member.first_name, firm=truncate(firm, 60))
    return "\n\n".join([opening, closing, *([hashtags(chapter)] if chapter is not None else [])])
