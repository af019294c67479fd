"""Contacts: a number or an address is given to the member who asks for it, is written down, and not to collectors."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from directory.audit import record
from directory.errors import Conflict
from directory.people.tables import Business, Member
from directory.profiles.member_view import FirmView, MemberView
from directory.rate_limit import consume_allowance
from directory.translation import gettext as _

PEOPLE_AN_HOUR, PEOPLE_A_DAY = 60, 200
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Contact:
    """How to reach somebody: numbers and mail addresses, the firm's before one's own."""

    phones: tuple[str, ...]
    emails: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.phones or self.emails)


def contact_of(view: MemberView | FirmView) -> Contact:
    """What the reader of ``view`` may know."""
    return Contact(
        _all(view.get("firm_phone"), view.get("direct_phone")), _all(view.get("firm_email"), view.get("direct_email"))
    )


def private_contact(member: Member) -> Contact:
    """A member's own number and address, whatever their audience."""
    return Contact(_all(member.phone), _all(member.email))


def reveal(session: Session, *, reader: Member, of: Member | Business, now: datetime) -> None:
    """Count and write down that ``reader`` asks how to reach ``of``; the same again within a day counts once.

    Raises Conflict where it were too many people in a while.
    """
    what = f"{of.__tablename__} {of.public_id}"
    if consume_allowance(session, key=f"contact {reader.id} {what}", most=1, within=DAY, now=now):
        for most, within in ((PEOPLE_AN_HOUR, timedelta(hours=1)), (PEOPLE_A_DAY, DAY)):
            if not consume_allowance(session, key=f"contacts {reader.id} {within}", most=most, within=within, now=now):
                raise Conflict(
                    _(
                        "You looked up %(most)s people in a short while, which is the most. Wait a while; "
                        "whom you looked up today stays open to you.",
                        most=most,
                    )
                )
    record(session, actor_id=reader.id, action="contact.reveal", object=what, now=now)


def _all(*said: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in said if text))
