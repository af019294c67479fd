"""Businesses: the firms of the network. They hold capabilities; their people hold trust."""

import re
import secrets
from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from directory.audit import record
from directory.db import bump_world
from directory.errors import Invalid
from directory.money import Money
from directory.people.audience import is_visible_to_members
from directory.people.industry import clean_industries
from directory.people.place import locate
from directory.people.tables import Business
from directory.people.working_language import clean_languages
from directory.text import clean_line, clean_text, fold
from directory.translation import gettext as _

if TYPE_CHECKING:
    from directory.people.tables import Member

_BATCH = 500  # firms indexed at a time, so that an import of thousands stays small in memory


def edit_business(
    session: Session,
    *,
    business: Business,
    by: "Member",
    name: str,
    summary: str,
    city: str,
    region: str,
    is_remote: bool,
    website: str,
    phone: str,
    email: str,
    price_low: Money | None,
    price_high: Money | None,
    smallest_deal: Money | None,
    capacity: int | None,
    free_on: date | None,
    best_customers: str,
    good_referrals: str,
    not_a_fit: str,
    busy: int | None = None,
    industries: Collection[str] | None = None,
    languages: Collection[str] | None = None,
    now: datetime,
) -> None:
    """Replace what a firm says of itself, None for the last three: as it was. Prices share one currency.

    Raises Invalid, and then changes nothing.
    """
    currencies = {price.currency for price in (price_low, price_high, smallest_deal) if price}
    if len(currencies) > 1:
        raise Invalid(_("Write all amounts in one currency."), field="price_high")
    if price_low and price_high and price_low.minor > price_high.minor:
        raise Invalid(_("The highest price is below the lowest; swap them."), field="price_high")
    if capacity is not None and not 0 <= capacity <= 1000:
        raise Invalid(_("Write how many projects you take at a time, such as 3."), field="capacity")
    said = {
        "name": clean_line(name, field="name", what=_("the name of the firm"), limit=200),
        "summary": clean_text(summary, field="summary", what=_("what the firm does"), limit=500, required=False),
        "city": clean_line(city, field="city", what=_("the city"), limit=120, required=False),
        "region": clean_line(region, field="region", what=_("the region"), limit=60, required=False),
        "is_remote": is_remote,
        "website": clean_website(website),
        "phone": clean_phone(phone),
        "email": clean_email(email),
        "currency": currencies.pop() if currencies else business.currency,
        "price_low_minor": price_low.minor if price_low else None,
        "price_high_minor": price_high.minor if price_high else None,
        "smallest_deal_minor": smallest_deal.minor if smallest_deal else None,
        "capacity": capacity,
        "busy": business.busy if busy is None else busy,
        "free_on": free_on,
        "industries": business.industries if industries is None else clean_industries(industries),
        "languages": business.languages if languages is None else clean_languages(languages),
        "best_customers": clean_text(
            best_customers, field="best_customers", what=_("your best customers"), limit=500, required=False
        ),
        "good_referrals": clean_text(
            good_referrals, field="good_referrals", what=_("what a good referral is"), limit=500, required=False
        ),
        "not_a_fit": clean_text(not_a_fit, field="not_a_fit", what=_("what is not a fit"), limit=500, required=False),
    }
    for column, value in said.items():
        setattr(business, column, value)
    index_business(session, business)
    record(session, actor_id=by.id, action="business.edit", object=f"business {business.public_id}", now=now)
    bump_world(session)


def editable_fields(business: Business) -> dict[str, Any]:
    """What the firm says now, as ``edit_business`` takes it: what is not changed is put over this."""
    said = ("name", "summary", "city", "region", "is_remote", "website", "phone", "email", "capacity", "free_on")
    amounts = {name: getattr(business, f"{name}_minor") for name in ("price_low", "price_high", "smallest_deal")}
    return {name: getattr(business, name) for name in (*said, "best_customers", "good_referrals", "not_a_fit")} | {
        name: None if minor is None else Money(minor, business.currency) for name, minor in amounts.items()
    }


class AcceptsWork(StrEnum):
    """Whether a firm takes new work."""

    NOW = "now"
    FROM = "from"  # a day it said
    NOT_NOW = "not_now"


def accepts_work(business: Business, today: date) -> AcceptsWork | None:
    """Whether the firm takes new work; None where it never said."""
    if business.free_on is not None and business.free_on > today:
        return AcceptsWork.FROM
    if business.capacity is not None:
        return AcceptsWork.NOW if business.busy < business.capacity else AcceptsWork.NOT_NOW
    return AcceptsWork.NOW if business.free_on is not None else None


def clean_website(text: str) -> str:
    text = clean_line(text, field="website", what=_("the address of the website"), limit=200, required=False)
    if not text:
        return ""
    address = text if "://" in text else f"https://{text}"
    wrong = Invalid(_("Write the address of your website, such as https://example.com."), field="website")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        sound = parts.scheme in ("http", "https") and "." in host and "@" not in parts.netloc and (parts.port or 1)
    except ValueError:
        raise wrong from None
    if not sound or " " in address or len(address) > 200:
        raise wrong
    return address


def clean_phone(text: str) -> str:
    text = clean_line(text, field="phone", what=_("the telephone number"), limit=40, required=False)
    digits = sum(char.isdigit() for char in text)
    if text and not (re.fullmatch(r"\+?[0-9()./ -]+(?:(?:ext\.?|x) ?[0-9]{1,6})?", text) and 7 <= digits <= 20):
        raise Invalid(_("Write a telephone number such as +1 520 555 0134."), field="phone")
    return text


def clean_email(text: str) -> str:
    """A mail address, without the ``?``, ``&`` and ``%`` that would add to what a mailto link says. Raises Invalid."""
    text = clean_line(text, field="email", what=_("the mail address"), limit=254, required=False)
    if text and not re.fullmatch(r"[A-Za-z0-9.!#$'*+/=^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", text):
        raise Invalid(_("Write a mail address such as you@example.com."), field="email")
    return text


def index_business(session: Session, business: Business) -> None:
    """Refresh what the firm is found by. Every verb that changes something it holds calls this."""
    index_businesses(session, [business.id])


def index_businesses(session: Session, ids: Collection[int] | None = None) -> None:
    """The same for many firms, or for all of them, after an import.

    ``search_text`` has folded lines, worth less from line to line: the names of the firm and its people with tabs
    between, its capabilities, what they say, and what they want. The coordinates are those of its town.
    """
    session.flush()
    wanted = sorted(session.scalars(select(Business.id)) if ids is None else ids)
    version = secrets.randbits(53)
    for start in range(0, len(wanted), _BATCH):
        batch = select(Business).where(Business.id.in_(wanted[start : start + _BATCH]))
        # After the flush the database holds what memory holds, and rows that came since a relationship was read.
        loads = (Business.members, Business.capabilities, Business.wants, Business.chapter)
        fresh = batch.options(*map(selectinload, loads)).execution_options(populate_existing=True)
        for business in session.scalars(fresh):
            business.search_text, business.search_version = _found_by(business), version
            home = business.chapter
            town = locate(business.city, business.region, home.country if home else "") if business.city else None
            business.latitude, business.longitude = (town.latitude, town.longitude) if town else (None, None)
        session.flush()
    bump_world(session)


def index_unindexed(session: Session) -> None:
    """The same for the firms that were never indexed the present way, after a migration."""
    if ids := session.scalars(select(Business.id).where(Business.search_version == 0)).all():
        index_businesses(session, ids)


def _found_by(business: Business) -> str:
    members = {member.id: member for member in business.members if member.is_active}
    wants = [want for want in business.wants if want.ended_at is None and want.member_id in members]
    people = members.values()
    lines = (
        [word for capability in business.capabilities for word in (capability.name, *capability.synonyms)],
        [
            *(business.city, business.region, business.summary, business.best_customers, business.good_referrals),
            *(word for member in people for word in (member_visible_headline(member), member.role)),
        ],
        [word for want in wants for word in (want.text, want.why)],
    )
    names = "\t".join(fold(name) for name in (business.name, *(member.name for member in people)))
    return "\n".join([names, *(fold(" ".join(line)) for line in lines)])


def member_visible_headline(member: "Member") -> str:
    """The line about a member where every member may read it."""
    return member.headline if is_visible_to_members(member, "headline") else ""
