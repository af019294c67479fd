"""Contact details: telephone numbers and addresses, revealed to a member on request, limited and audited."""

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
    """How to reach somebody: telephone numbers and mail addresses, the firm's before the member's own."""

    phones: tuple[str, ...]
    emails: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.phones or self.emails)


def contact_of(view: FirmView) -> Contact:
    """Return the contact details that the reader of ``view`` may see, without an address that refuses mail."""
    is_refused = isinstance(view, MemberView) and view.member.is_refused
    return Contact(
        _unique(view.get("firm_phone"), view.get("direct_phone")),
        _unique(view.get("firm_email"), "" if is_refused else view.get("direct_email")),
    )


def private_contact(member: Member) -> Contact:
    """Return a member's own number and address, whatever their audience."""
    return Contact(_unique(member.phone), _unique(member.email))


def reveal(session: Session, *, reader: Member, of: Member | Business, now: datetime) -> None:
    """Count and audit that ``reader`` asks how to reach ``of``; the same one again within a day counts once.

    Raises Conflict after too many people in an hour or a day.
    """
    key = f"contact {reader.id} {of.__tablename__} {of.public_id}"
    if consume_allowance(session, key=key, limit=1, within=DAY, now=now):
        for limit, within in ((PEOPLE_AN_HOUR, timedelta(hours=1)), (PEOPLE_A_DAY, DAY)):
            if not consume_allowance(
                session, key=f"contacts {reader.id} {within}", limit=limit, within=within, now=now
            ):
                raise Conflict(
                    _(
                        "You looked up %(most)s people in a short time, which is the limit. Wait a while. You can "
                        "still see the people you looked up today.",
                        most=limit,
                    )
                )
    record(session, actor_id=reader.id, action="contact.reveal", object=of, now=now)


def _unique(*texts: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
