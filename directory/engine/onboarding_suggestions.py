"""Suggestions for a newcomer: whom they may want to meet."""

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted
from directory.taxonomy.capability import CURATED, OWN, Capability


def suggest_wanteds(session: Session, *, member: Member, limit: int = 3) -> list[Capability]:
    """Return up to ``limit`` capabilities of people whom the member may want to meet, each of another category.

    First what members of similar firms ask for, then what most firms of the chapter do; never a capability of the
    member's own firm, nor one of the same categories.
    """
    firm = member.business
    claims = session.execute(
        select(Claim.business_id, Capability.id, Capability.parent_id, Business.chapter_id)
        .join(Capability, Capability.id == Claim.capability_id)
        .join(Business, Business.id == Claim.business_id)
        .where(Capability.scheme.in_((CURATED, OWN)))
    ).all()
    rows = [(business, node, above or node, chapter) for business, node, above, chapter in claims]
    own_nodes = {node for business, node, _above, _chapter in rows if business == firm.id}
    own = own_nodes | {above for business, _node, above, _chapter in rows if business == firm.id}
    similar = {business for business, node, above, _chapter in rows if business != firm.id and own & {node, above}}
    query = (
        select(Capability.id, Capability.parent_id)
        .join(Wanted, Wanted.capability_id == Capability.id)
        .join(Wanted.member)
        .where(Member.business_id.in_(similar), Wanted.ended_at.is_(None), Member.is_active)
    )
    pairs = [(node, above or node) for node, above in session.execute(query)]
    by_wants = Counter(node for node, _above in pairs)
    by_claims = Counter(node for _business, node, _above, chapter in rows if chapter == firm.chapter_id)
    parent_of = {node: above for _business, node, above, _chapter in rows} | dict(pairs)
    ranked = [
        node
        for counts in (by_wants, by_claims)
        for node, _count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    by_parent: dict[int, int] = {}  # one capability per parent, so that three suggestions are three kinds of people
    for node in ranked:
        if node not in own and parent_of[node] not in own:
            by_parent.setdefault(parent_of[node], node)
    return [session.get_one(Capability, node) for node in list(by_parent.values())[:limit]]
