"""Businesses: the firms of the network. They hold capabilities; their people hold trust."""

import secrets
from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from directory.audit import record
from directory.errors import Invalid
from directory.people.audience import is_visible_to_members
from directory.people.field_declaration import clean_fields, fields_of
from directory.people.namesake import note_renaming
from directory.people.place import locate
from directory.people.tables import Business, Member
from directory.text import confusable_skeleton, fold
from directory.translation import gettext as _

_BATCH = 500  # firms indexed at a time, so that an import of thousands stays small in memory
PRICES = tuple(name.removesuffix("_minor") for name in fields_of(Business) if name.endswith("_minor"))


def edit_business(
    session: Session, *, business: Business, by: Member, changes: Mapping[str, Any], now: datetime
) -> None:
    """Change what a firm says of itself; what ``changes`` leaves out stays. Prices are Money, in one currency.

    Raises Invalid, and then changes nothing, and KeyError for what is no profile field of a firm.
    """
    prices = {name: changes.get(name, business.price(name)) for name in PRICES}
    currencies = {price.currency for price in prices.values() if price}
    if len(currencies) > 1:
        raise Invalid(_("Enter all amounts in one currency."), field="price_high")
    low, high = prices["price_low"], prices["price_high"]
    if low and high and low.minor > high.minor:
        raise Invalid(_("The highest price is below the lowest. Swap them."), field="price_high")
    if not 0 <= (changes.get("capacity") or 0) <= 1000:
        raise Invalid(_("Enter how many projects you take at a time, such as 3."), field="capacity")
    columns = {name: value for name, value in changes.items() if name not in PRICES}
    columns |= {f"{name}_minor": price.minor if price else None for name, price in prices.items()}
    before = business.name
    for name, value in clean_fields(Business, columns).items():
        setattr(business, name, value)
    business.currency = currencies.pop() if currencies else business.currency
    index_business(session, business)
    if confusable_skeleton(business.name) != confusable_skeleton(before):
        note_renaming(session, business=business, now=now)
    record(session, actor_id=by.id, action="business.edit", object=business, now=now)


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


def index_unindexed(session: Session) -> None:
    """The same for the firms that were never indexed the present way, after a migration."""
    if ids := session.scalars(select(Business.id).where(Business.search_version == 0)).all():
        index_businesses(session, ids)


def _found_by(business: Business) -> str:
    members = {member.id: member for member in business.members if member.is_active}
    wants = [want for want in business.wants if want.ended_at is None and want.member_id in members]
    rows: list[Business | Member] = [business, *members.values()]
    lines = (
        [word for capability in business.capabilities for word in (capability.name, *capability.synonyms)],
        [text for row in rows for text in _searched(row)],
        [word for want in wants for word in (want.text, want.why)],
    )
    names = "\t".join(fold(row.name) for row in rows)
    return "\n".join([names, *(fold(" ".join(line)) for line in lines)])


def _searched(row: Business | Member) -> list[str]:
    """What a firm or a member says of itself, as far as every member may read it."""
    fields = [field for field in fields_of(type(row)).values() if field.is_searched]
    return [
        getattr(row, field.name)
        for field in fields
        if not field.audience or is_visible_to_members(row, field.audience.name)
    ]


def member_visible_headline(member: Member) -> str:
    """The line about a member where every member may read it."""
    return member.headline if is_visible_to_members(member, "headline") else ""
