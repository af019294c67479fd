"""``goodword invite``: creates a member, such as the first admin, and prints a one-time sign-in link."""

from datetime import datetime, timedelta

import click
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.cli import CliError
from app.cli.database_access import open_engine
from directory.audit import record
from directory.clock import utc_now
from directory.db import write_session
from directory.name_rules import clean_name, clean_person_name
from directory.people.business import index_business
from directory.people.chapter import Chapter
from directory.people.one_time_link import create_link
from directory.people.role import grant_admin, grant_role
from directory.people.tables import Business, Member, Role
from directory.settings import load_settings
from directory.text import clean_email, fold

LINK_LIFETIME = timedelta(hours=24)


@click.command()
@click.argument("name")
@click.argument("email")
@click.option("--firm", required=True, help="The firm they belong to; made where there is none of that name.")
@click.option("--chapter", help="The chapter of a new firm; made where there is none of that name or key.")
@click.option("--lead", "is_lead", is_flag=True, help="They lead that chapter.")
@click.option("--admin", "is_admin", is_flag=True, help="They run the network.")
def invite(name: str, email: str, firm: str, chapter: str | None, is_lead: bool, is_admin: bool) -> None:
    """Invite NAME, whose email address is EMAIL, and print a link that signs them in, once, within 24 hours.

    Somebody with that address keeps their name and firm, and gets the roles and another link.
    """
    now = utc_now()
    with open_engine() as engine, write_session(engine) as session:
        member = _member(session, name, email, firm, chapter, now)
        home = member.business.chapter
        if is_lead and home is None:
            raise click.UsageError("Say which chapter they lead, with --chapter.")
        if is_lead and home is not None:
            grant_role(session, member=member, chapter=home, role=Role.LEAD, by=None, now=now)
        if is_admin:
            grant_admin(session, member=member, by=None, now=now)
        token = create_link(session, purpose="sign_in", member=member, about="/", lasts=LINK_LIFETIME, now=now)
        member_name = member.name
    click.echo(f"{member_name} signs in here, once, within 24 hours:\n{load_settings().base_url}/sign-in/link/{token}")


def _member(session: Session, name: str, email: str, firm: str, chapter: str | None, now: datetime) -> Member:
    """Return the member with this email address, else a new one. Raises CliError if that member is not active."""
    email = clean_email(email).casefold()
    if not email:
        raise CliError("Enter an email address such as you@example.com.")
    existing = session.scalar(select(Member).where(Member.email == email))
    if existing is not None:
        if not existing.is_active:
            raise CliError(f"{existing.name} has this address and is not an active member right now.")
        return existing
    name = clean_person_name(name, field="name", what="the name")
    firm = clean_name(firm, field="firm", what="the firm", limit=200)
    business = _business(session, firm, _chapter(session, chapter) if chapter else None, now)
    member = Member(name=name, email=email, business=business, joined_at=now, invited_at=now)
    session.add(member)
    session.flush()
    index_business(session, business)
    record(session, actor_id=None, action="member.invite", object=f"member {member.public_id}", now=now)
    return member


def _business(session: Session, name: str, chapter: Chapter | None, now: datetime) -> Business:
    matches = session.scalars(select(Business).where(func.lower(Business.name) == name.lower())).all()
    if len(matches) > 1:
        raise CliError(f"There are {len(matches)} firms of that name; invite them from the website.")
    business = matches[0] if matches else Business(name=name, created_at=now)
    if chapter is not None and business.chapter not in (None, chapter):
        raise CliError(f"{business.name} belongs to another chapter; leave --chapter out.")
    business.chapter = chapter or business.chapter
    session.add(business)
    return business


def _chapter(session: Session, name: str) -> Chapter:
    name = clean_name(name, field="chapter", what="the chapter", limit=120)
    key = "-".join(fold(name).split())[:60]
    matching = select(Chapter).where(
        or_(Chapter.key == name, Chapter.key == key, func.lower(Chapter.name) == name.lower())
    )
    chapter = session.scalars(matching.order_by(Chapter.id)).first() or Chapter(key=key, name=name)
    session.add(chapter)
    return chapter
