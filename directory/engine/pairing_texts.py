"""The texts that pairings compare, for housekeeping to embed: what members want, and what their firms do or say."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.claim_suggestions import texts_to_embed
from directory.engine.pair_reason import wishes
from directory.engine.world_cache import recent_world
from directory.people.audience import is_visible_to_members
from directory.people.claim import Claim
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability


def pairing_texts(session: Session) -> list[str]:
    """Return the texts of active members, and their parts, that ``pair_suggestions`` compares, each once."""
    known = recent_world(session)
    live = (Member.is_active, Wanted.ended_at.is_(None), Wanted.kind != WantedKind.OFFER)
    asks = session.scalars(select(Wanted.text).join(Wanted.member).where(*live).order_by(Wanted.id))
    texts = dict.fromkeys(words for text in asks for words in wishes(text))
    silent = select(Business.summary).where(~select(Claim.id).where(Claim.business_id == Business.id).exists())
    read = [*texts, *session.scalars(silent)]
    firm = (Business.name, Business.summary, Business.best_customers)
    people = select(Member.headline, Member.audiences, *firm).join(Member.business)
    for person in session.execute(people.where(Member.is_active).order_by(Member.id)):
        headline = person.headline if is_visible_to_members(person, "headline") else ""
        texts |= dict.fromkeys((headline, person.summary, person.name, person.best_customers))
    claimed = select(Claim.capability_id)
    texts |= dict.fromkeys(session.scalars(select(Capability.name).where(Capability.id.in_(claimed))))
    parts = (part for text in read for part in texts_to_embed(known, text=text))
    return [text for text in dict.fromkeys([*texts, *parts]) if text]
