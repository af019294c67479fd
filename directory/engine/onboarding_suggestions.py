"""What a newcomer's sentence says their firm can do, and whom somebody like them wants to meet."""

import re
from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.suggestions import runners_up, understand
from directory.leads.lead import Lead, Need
from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted
from directory.taxonomy.capability import CURATED, Capability

# The engine reads what clients ask for, and passes over who asks; here the sentence is about nobody else.
_MYSELF = re.compile(r"^\s*(?:(?:we|i)(?:['’](?:re|m)| are| am)?|our firm(?: is)?)\s+(?:an? |the )?", re.IGNORECASE)
_FOR_WHOM = re.compile(r"\bfor\b[^,;.!?]*", re.IGNORECASE)  # customers are no trade of one's own: books for dentists


def suggest_claims(session: Session, *, text: str) -> tuple[list[Capability], list[Capability]]:
    """What ``text``, a firm in its own words, surely says it can do; and what else it may mean, to pick from."""
    sure, text = capabilities_named_in(session, text=text), _MYSELF.sub("", text)
    read = Lead(text=text, needs=[Need(capability_id=capability.id) for capability in sure])
    return sure, runners_up(session, lead=read) if text.strip() else []


def capabilities_named_in(session: Session, *, text: str) -> list[Capability]:
    """What ``text``, a firm in its own words, surely says it can do."""
    text = _MYSELF.sub("", text)
    wishes = understand(session, text=_FOR_WHOM.sub("", text)).wishes or understand(session, text=text).wishes
    return [session.get_one(Capability, wish.capability_id) for wish in wishes]


def suggest_wanteds(session: Session, *, member: Member, most: int = 3) -> list[Capability]:
    """Capabilities somebody like the member may want to meet: what members of firms like theirs ask for, then what
    most firms of the chapter do; never what their own firm does, nor a trade of its own.
    """
    firm = member.business
    claims = session.execute(
        select(Claim.business_id, Capability.id, Capability.parent_id, Business.chapter_id)
        .join(Capability, Capability.id == Claim.capability_id)
        .join(Business, Business.id == Claim.business_id)
        .where(Capability.scheme == CURATED)
    ).all()
    rows = [(business, node, above or node, chapter) for business, node, above, chapter in claims]
    own = {node for business, node, _above, _chapter in rows if business == firm.id}
    mine = own | {above for business, _node, above, _chapter in rows if business == firm.id}
    like = {business for business, node, above, _chapter in rows if business != firm.id and mine & {node, above}}
    asked = (
        select(Capability.id, Capability.parent_id)
        .join(Wanted, Wanted.capability_id == Capability.id)
        .join(Wanted.member)
        .where(Member.business_id.in_(like), Wanted.ended_at.is_(None), Member.is_active)
    )
    pairs = [(node, above or node) for node, above in session.execute(asked)]
    wants = Counter(node for node, _above in pairs)
    around = Counter(node for _business, node, _above, chapter in rows if chapter == firm.chapter_id)
    trade_of = {node: above for _business, node, above, _chapter in rows} | dict(pairs)
    ranked = [
        node for counted in (wants, around) for node, _count in sorted(counted.items(), key=lambda x: (-x[1], x[0]))
    ]
    trades: dict[int, int] = {}  # one of each trade, so that three chips are three kinds of people
    for node in ranked:
        if node not in mine and trade_of[node] not in mine:
            trades.setdefault(trade_of[node], node)
    return [session.get_one(Capability, node) for node in list(trades.values())[:most]]
