"""goodword invite: creates members and their sign-in links; and goodword secrets."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import tables
from app.cli.invite import LINK_LIFETIME
from directory.clock import utc_now
from directory.db import Base, connect
from directory.outbox.delivery import Delivery, DeliveryState
from directory.people.one_time_link import OneTimeLink
from directory.people.tables import ChapterRole, Member, Role
from tests.cli.test_cli import Run, home, run
from tests.directory.outbox.test_mail_refusal import bounce

ADA = ("invite", "Ada Whitfield", "Ada@Whitfield.example", "--firm", "Whitfield & Co")
__all__ = ("home", "run")
assert tables


@pytest.fixture
def begun(home: Path) -> Session:
    home.mkdir()
    engine = connect(f"sqlite:///{home / 'goodword.db'}")
    Base.metadata.create_all(engine)
    session = Session(engine)
    yield session
    session.close()
    engine.dispose()


def test_the_first_member_gets_their_roles_and_a_link_stored_as_a_hash(run: Run, begun: Session) -> None:
    result = run(*ADA, "--chapter", "Old Pueblo", "--lead", "--admin")
    token = re.search(r"http://127.0.0.1:8000/sign-in/link/(\S{43})\n$", result.output)[1]
    member, link = begun.scalars(select(Member)).one(), begun.scalars(select(OneTimeLink)).one()
    assert (member.email, member.is_admin, member.arrived_at) == ("ada@whitfield.example", True, None)
    assert (member.business.name, member.business.chapter.key) == ("Whitfield & Co", "old-pueblo")
    assert begun.scalars(select(ChapterRole.role)).all() == [Role.LEAD]
    assert link.token_hash != token
    assert abs(link.expires_at - utc_now() - LINK_LIFETIME).total_seconds() < 60


def test_inviting_a_member_again_creates_another_link(run: Run, begun: Session) -> None:
    links = {run(*ADA, "--chapter", "Old Pueblo").output for _ in range(2)}
    assert len(links) == 2
    bo = ("invite", "Bo", "bo@whitfield.example", "--firm", "whitfield & co", "--chapter", "old-pueblo")
    assert run(*bo).exit_code == 0
    assert [member.business_id for member in begun.scalars(select(Member))] == [1, 1]


def test_a_bounce_is_read_from_standard_input(run: Run, begun: Session) -> None:
    run(*ADA)
    member = begun.scalars(select(Member)).one()
    key, now = f"mail:invited:{member.public_id}", utc_now()
    begun.add(Delivery(key=key, payload=b"", state=DeliveryState.DELIVERED, due_at=now, started_at=now))
    begun.commit()
    letter = begun.scalars(select(Delivery.public_id)).one()
    begun.rollback()
    for content, says in (
        (b"Subject: Thank you", "for a person to read"),
        (bounce(letter, "ada@whitfield.example"), "Nothing more is sent"),
        (b"\xff\x00", "for a person to read"),
    ):
        result = run("bounce", input=content)
        assert (result.exit_code, says in result.output) == (0, True)
        assert "ada" not in result.output.casefold()
    begun.refresh(member)
    assert (member.is_refused, member.refused_code) == (True, "5.1.1")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("invite", "", "a@b.example", "--firm", "A"), "Enter the name"),
        (("invite", "Ada", "a@b", "--firm", "A"), "Enter an email address"),
        (("invite", "Ada", "a@b.example\nBcc: x@y.example", "--firm", "A"), "Enter an email address"),
        (("invite", "Ada", "a@b.example", "--firm", " "), "Enter the firm"),
        (("invite", "Ada", "a@b.example", "--firm", "A", "--lead"), "Say which chapter"),
        (("invite", "Ada", "a@b.example"), "--firm"),
    ],
)
def test_invalid_input_gives_a_message_and_stores_nothing(
    run: Run, begun: Session, arguments: tuple[str, ...], says: str
) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert says in result.output
    assert begun.scalars(select(Member)).all() == []


def test_secrets_rotate_reports_the_number_of_secrets(run: Run, begun: Session) -> None:
    assert run("secrets", "rotate").output == "Sealed with the first key: 0.\n"
