"""The demo network's referrals: one waits for its client, one is under way, and one is in dispute."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from directory.engine.suggestions import understand
from directory.leads import dispute, offer_answer, referral, report
from directory.leads.client import clean_contact, client_of
from directory.leads.offer import Done
from directory.leads.offer_round import settle_offers
from directory.leads.report import Said, Side
from directory.money import Money
from directory.people.tables import Member
from directory.secrets import SecretBox

DAY = timedelta(days=1)


def play_referral(
    session: Session, entry: dict[str, Any], *, people: Mapping[str | None, Member], secrets: SecretBox, at: datetime
) -> None:
    """Play a slip; its client says yes and the receiver takes it, if they do, says how it goes, and is disputed."""
    giver, receiver = people[entry["giver"]], people[entry["receiver"]]
    offer = referral.refer(
        session,
        giver=giver,
        receiver=receiver,
        text=entry["text"],
        wishes=understand(session, text=entry["text"]).wishes,
        contact=clean_contact(**{name: entry[name] for name in ("name", "email", "phone")}),
        done=[Done(value) for value in entry["done"]],
        secrets=secrets,
        now=at,
    )
    lead, client = offer.lead, client_of(session, lead=offer.lead)
    if "agreed" not in entry or client is None:
        return
    referral.let_client_answer(session, client=client, offer_id=offer.public_id, is_yes=True, now=at + DAY)
    offer_answer.accept(session, offer=offer, by=receiver, now=at + 2 * DAY)
    settle_offers(session, lead=lead, now=at + 2 * DAY + DAY / 8)
    report.say(
        session,
        lead=lead,
        side=Side.RECEIVER,
        by=receiver,
        said=Said(entry["said"]),
        value=Money(entry["worth"] * 100, "USD") if "worth" in entry else None,
        is_repeat=False,
        now=at + 4 * DAY,
    )
    if "dispute" in entry:
        words = entry["dispute"]
        dispute.dispute(session, lead=lead, side=Side.GIVER, by=giver, words=words, now=at + 5 * DAY)
