"""The texts that pairings compare, for housekeeping to embed: what members want, and what their firms do or say."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.audience import is_visible_to_members
from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability


def pairing_texts(session: Session) -> list[str]:
    """Return the texts of active members that ``directory.engine.pair_suggestions`` compares, each once."""
    live = (Member.is_active, Wanted.ended_at.is_(None), Wanted.kind != WantedKind.OFFER)
    texts = dict.fromkeys(session.scalars(select(Wanted.text).join(Wanted.member).where(*live).order_by(Wanted.id)))
    people = select(Member.headline, Member.audiences, Business.name, Business.summary).join(Member.business)
    for person in session.execute(people.where(Member.is_active).order_by(Member.id)):
        headline = person.headline if is_visible_to_members(person, "headline") else ""
        texts |= dict.fromkeys((headline, person.summary, person.name))
    claimed = select(Claim.capability_id)
    texts |= dict.fromkeys(session.scalars(select(Capability.name).where(Capability.id.in_(claimed))))
    return [text for text in texts if text]
