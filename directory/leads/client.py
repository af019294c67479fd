"""The client of a lead: how to reach them, sealed, what they agreed to in which words, and the link to their page."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ForeignKey, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow, Row
from directory.errors import Conflict, Invalid, Refused
from directory.leads.lead import Lead
from directory.leads.offer import Offer, hand_overs
from directory.leads.seat_holder import holds_seat
from directory.people.personal_name import name_parts
from directory.people.suppression import email_hmac, is_suppressed, suppress_hmac
from directory.people.tables import Member, Role
from directory.secrets import SealedColumn, SecretBox, hash_of, new_token
from directory.text import clean_email, clean_line, clean_phone
from directory.translation import gettext as _

LINK_LASTS = timedelta(days=180)


@dataclass(frozen=True)
class ClientContact:
    """Who a client is and how to reach them. Made from what is typed by ``clean_contact``."""

    name: str = ""
    firm: str = ""
    email: str = ""
    phone: str = ""

    @property
    def first_name(self) -> str:
        """What to greet the client by."""
        return name_parts(self.name).greeting


class ConsentKind(StrEnum):
    """What a client agrees to, each by itself."""

    SHARE = "share"  # their request and contact go to the firms that take part
    CONTACT = "contact"  # these firms may write or call


class Client(PublicRow, Base):
    """The client of one lead. ``sealed`` is their ClientContact, encrypted; "" once it was purged.

    ``email_hmac`` finds other leads of the same address without reading any.
    """

    __tablename__ = "client"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), unique=True)
    sealed: Mapped[str] = mapped_column(Text, default="")
    email_hmac: Mapped[str | None] = mapped_column(String(64), index=True)
    added_at: Mapped[datetime]
    purged_at: Mapped[datetime | None]

    lead: Mapped[Lead] = relationship()


SEALED = SealedColumn(Client.sealed)


class Consent(Row, Base):
    """What a client agreed to: the words they were shown, and when it was given and withdrawn. Rows are never edited
    but for ``withdrawn_at``; whoever agrees again gets a new one. One with ``offer_id`` names who that offer asks."""

    __tablename__ = "consent"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"), index=True)
    kind: Mapped[ConsentKind]
    text: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ClientLink(Row, Base):
    """A mailed link to the client's page. Only its token's hash is stored; it may be used until it expires."""

    __tablename__ = "client_link"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    client: Mapped[Client] = relationship()


def clean_contact(*, name: str, firm: str = "", email: str = "", phone: str = "") -> ClientContact:
    """Return the contact of a client as it is stored. Raises Invalid, also where there is no way to reach them."""
    contact = ClientContact(
        clean_line(name, field="name", what=_("the client’s name"), limit=120),
        clean_line(firm, field="firm", what=_("the firm"), limit=200, required=False),
        clean_email(email).casefold(),
        clean_phone(phone),
    )
    if not contact.email and not contact.phone:
        raise Invalid(_("Enter an email address or a phone number, so that somebody can answer."), field="email")
    return contact


def consent_texts() -> Mapping[ConsentKind, str]:
    """Return the words of each consent as a client is shown them today."""
    return {
        ConsentKind.SHARE: _("You may pass my request and my contact details on to the firms that you suggest for it."),
        ConsentKind.CONTACT: _("These firms may email or call me about this request."),
    }


def add_client(
    session: Session, *, lead: Lead, contact: ClientContact, by: Member | None, secrets: SecretBox, now: datetime
) -> Client:
    """Store who the client of a lead is; ``by`` is None where they said so themselves. Raises Conflict if known."""
    if client_of(session, lead=lead) is not None:
        raise Conflict(_("The client of this lead is known already."))
    client = Client(lead_id=lead.id, added_at=now)
    client.email_hmac = email_hmac(session, contact.email) if contact.email else None
    session.add(client)
    session.flush()
    SEALED.store(client, json.dumps(asdict(contact)), secrets)
    record(session, actor_id=by.id if by else None, action="client.add", object=client, now=now)
    return client


def client_of(session: Session, *, lead: Lead) -> Client | None:
    """Return the client of a lead, None where nobody said who it is."""
    return session.scalar(select(Client).where(Client.lead_id == lead.id))


def give_consents(
    session: Session,
    *,
    client: Client,
    kinds: Collection[ConsentKind],
    texts: Mapping[ConsentKind, str],
    offer: Offer | None = None,
    now: datetime,
) -> None:
    """Keep that the client agreed to these kinds in these words. What stands already stays as it was given, unless it
    is given for ``offer``, whose words name who is asked."""
    for kind in kinds:
        if offer is not None or kind not in standing_consents(session, client=client):
            text = texts[kind]
            digest = sha256(text.encode()).hexdigest()
            given = Consent(client_id=client.id, kind=kind, text=text, text_sha256=digest, given_at=now)
            given.offer_id = offer.id if offer else None
            session.add(given)
            session.flush()
            record(session, actor_id=None, action="consent.give", object=client, reason=kind, now=now)


def standing_consents(session: Session, *, client: Client) -> dict[ConsentKind, Consent]:
    """Return what the client agreed to and did not withdraw, by kind."""
    return {consent.kind: consent for consent in _standing(session, client)}


def _standing(session: Session, client: Client) -> Sequence[Consent]:
    given = select(Consent).where(Consent.client_id == client.id, Consent.withdrawn_at.is_(None))
    return session.scalars(given.order_by(Consent.id)).all()


def must_be_asked_first(session: Session, *, client: Client) -> bool:
    """Return whether the client has yet to say who may have their request: they are known, and never agreed to it in
    general. That they agreed to one hand-over says nothing of the next."""
    general = {consent.kind for consent in _standing(session, client) if consent.offer_id is None}
    return client.purged_at is None and not {*ConsentKind} <= general


def is_shared(session: Session, *, client: Client) -> bool:
    """Return whether who takes part in the work may reach the client: both consents stand."""
    return {*ConsentKind} <= standing_consents(session, client=client).keys()


def withdraw_consent(session: Session, *, client: Client, kind: ConsentKind, now: datetime) -> None:
    """Withdraw what the client agreed to; does nothing where they did not. Who withdraws sharing withdraws all
    (``client_choice.withdraw_client``)."""
    standing = [consent for consent in _standing(session, client) if consent.kind is kind]
    for consent in standing:
        consent.withdrawn_at = now
    if standing:
        record(session, actor_id=None, action="consent.withdraw", object=client, reason=kind, now=now)


def purge_client(session: Session, *, client: Client, now: datetime) -> None:
    """Forget who the client is: their consents end, their contact is gone, and the address is suppressed."""
    for consent in _standing(session, client):
        consent.withdrawn_at = now
    if client.email_hmac is not None:
        suppress_hmac(session, digest=client.email_hmac, now=now)
    if client.purged_at is None:
        client.sealed, client.email_hmac, client.purged_at = "", None, now
        record(session, actor_id=None, action="client.purge", object=client, now=now)
    session.flush()


def contact_of(
    session: Session, *, client: Client, reader: Member, secrets: SecretBox, reason: str = "", now: datetime
) -> ClientContact | None:
    """Return how to reach the client, for a member who may know, and write down that they asked: the only way to it.

    Its bringer may know, and while both consents stand who holds a seat of the lead, or has it from somebody else. The
    leads of the chapter and admins may for a ``reason``. None once it was purged. Raises Refused for anybody else.
    """
    lead, is_known = client.lead, is_shared(session, client=client)
    is_bringer = lead.member_id == reader.id and (is_known or not hand_overs(session, lead=lead))
    is_partner = is_known and holds_seat(session, lead=lead, member=reader)
    is_officer = reader.is_admin or any(
        held.role is Role.LEAD and held.chapter_id == lead.business.chapter_id for held in reader.holds
    )
    if not (is_bringer or is_partner or (is_officer and reason)):
        raise Refused(_("You see how to reach the client once you have accepted and they have agreed."))
    record(session, actor_id=reader.id, action="client.read_contact", object=client, reason=reason, now=now)
    return _unseal(client, secrets)


def contact_for_client(session: Session, *, client: Client, secrets: SecretBox) -> ClientContact | None:
    """Return what is kept of the client for the client alone: on their page, and where a letter to them goes.

    None once it was purged, or where the address was suppressed and they did not agree to anything since.
    """
    contact = _unseal(client, secrets)
    if contact and contact.email and is_suppressed(session, contact.email):
        return contact if standing_consents(session, client=client) else None
    return contact


def recipient_of(session: Session, *, public_id: str, secrets: SecretBox) -> ClientContact | None:
    """Return where letters to a client go, as ``contact_for_client`` does."""
    client = session.scalar(select(Client).where(Client.public_id == public_id))
    return contact_for_client(session, client=client, secrets=secrets) if client else None


def create_client_token(session: Session, *, public_id: str, now: datetime) -> str | None:
    """Create a link to the client's page and return its token, 256 random bits; None where they were purged."""
    client = session.scalar(select(Client).where(Client.public_id == public_id, Client.purged_at.is_(None)))
    if client is None:
        return None
    session.execute(delete(ClientLink).where(ClientLink.expires_at <= now))
    token = new_token()
    session.add(ClientLink(token_hash=hash_of(token), client_id=client.id, expires_at=now + LINK_LASTS))
    session.flush()
    return token


def find_client(session: Session, *, token: str, now: datetime) -> Client:
    """Return the client whose page a link opens. Raises Invalid if it is forged or expired."""
    links = select(ClientLink).where(ClientLink.token_hash == hash_of(token), ClientLink.expires_at > now)
    if (link := session.scalar(links)) is None:
        raise Invalid(_("This link is too old or incomplete. Open the link in our newest email to you."))
    return link.client


def _unseal(client: Client, secrets: SecretBox) -> ClientContact | None:
    kept = SEALED.read(client, secrets)
    return ClientContact(**json.loads(kept)) if kept else None
