"""A mail server's refusal, at once or by a bounce, stops all mail to the address until somebody takes it up again."""

from datetime import datetime, timedelta
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from directory.outbox import mail
from directory.outbox.delivery import Delivery, DeliveryState
from directory.outbox.mail import BY_NAME, LETTERS, address_of
from directory.outbox.mail_refusal import read_bounce, record_bounce, record_refusal, retry_address
from directory.people.tables import Member, MemberState
from tests.cast import Cast

HEADERS = "Message-ID: <a-b@network.example>\r\nX-Letter: {letter}\r\nTo: {to}\r\nSubject: Your week\r\n"


def bounce(
    letter: str,
    to: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    final: str | None = None,
    is_whole: bool = False,
) -> bytes:
    """A bounce as mail servers write them; ``is_whole``: it returns the whole letter instead of its headers."""
    returned = HEADERS.format(letter=letter, to=to) + ("\r\nHello" if is_whole else "")
    kind = "message/rfc822" if is_whole else "text/rfc822-headers"
    return (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nI could not deliver it.\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {final or to}\r\nAction: {action}\r\nStatus: {status} (no such user)\r\n\r\n"
        f"--b\r\nContent-Type: {kind}\r\n\r\n{returned}\r\n--b--\r\n"
    ).encode()


@pytest.fixture
def bea(cast: Cast) -> Member:
    cast.bea.email = "bea@bramble.example"
    return cast.bea


def letter_to(session: Session, member: Member, now: datetime) -> str:
    row = mail.enqueue(session, letter="case_closed", to=member, event="e", now=now)
    assert isinstance(row, Delivery)
    row.state, row.started_at, row.payload = DeliveryState.DELIVERED, now, b""
    session.flush()
    return row.public_id


@pytest.mark.parametrize(
    "how",
    [{}, {"is_whole": True}, {"final": "b.lindqvist@forwarded.example"}, {"status": "4.4.7"}, {"status": "nonsense"}],
)
def test_a_bounce_of_a_letter_stops_all_mail_to_its_address(
    session: Session, bea: Member, now: datetime, how: dict[str, str]
) -> None:
    content = bounce(letter_to(session, bea, now), "Bea@Bramble.example", **how)
    assert record_bounce(session, content=content, now=now + timedelta(hours=1))
    assert bea.is_refused
    assert [kind.name for kind in LETTERS if address_of(kind, bea)] == []
    assert not record_bounce(session, content=content, now=now)
    retry_address(session, member=bea, by=bea, now=now)
    assert address_of(BY_NAME["case_closed"], bea) == "bea@bramble.example"


@pytest.mark.parametrize("how", [{"action": "delayed"}, {"action": "delivered"}, {"action": "relayed"}])
def test_a_report_of_no_failure_changes_nothing(
    session: Session, bea: Member, now: datetime, how: dict[str, str]
) -> None:
    assert not record_bounce(session, content=bounce(letter_to(session, bea, now), bea.email or "", **how), now=now)
    assert not bea.is_refused


def test_a_bounce_is_not_believed_without_the_letter_it_is_about(session: Session, bea: Member, now: datetime) -> None:
    letter, address = letter_to(session, bea, now), bea.email or ""
    for forged in (bounce("abcdefgh2345", address), bounce("", address), bounce(f"{letter}%", address)):
        assert not record_bounce(session, content=forged, now=now)
    assert not record_bounce(session, content=bounce(letter, address), now=now + timedelta(days=30))
    assert not record_bounce(session, content=bounce(letter, "omar@haddad.example"), now=now)
    bea.email = "bea@new.example"  # changed since the letter left
    assert not record_bounce(session, content=bounce(letter, address), now=now)
    assert not bea.is_refused


def test_a_new_address_is_written_to_at_once(session: Session, bea: Member, now: datetime) -> None:
    assert record_refusal(session, member=bea, address="Bea@bramble.example", code="550 5.1.1", now=now)
    bea.email = "bea@new.example"
    assert address_of(BY_NAME["case_closed"], bea) == "bea@new.example"


@given(st.binary(max_size=600), st.integers(0, 700))
def test_no_mail_breaks_the_reader(noise: bytes, cut: int) -> None:
    whole = bounce("abcdefgh2345", "a@b.example")
    read_bounce(noise)
    read_bounce(whole[:cut] + noise + whole[cut:])
    read_bounce(whole.replace(b"rfc822; ", noise))


def test_who_has_not_joined_gets_the_invitation_and_answers_to_what_is_typed(session: Session, cast: Cast) -> None:
    cast.bea.email, cast.bea.arrived_at = "bea@bramble.example", None
    allowed = {"invitation", "sign_in", "reset", "confirm_application", "here_already"}
    assert {kind.name for kind in LETTERS if address_of(kind, cast.bea, "about@x.example")} == allowed
    cast.bea.state = MemberState.SUSPENDED
    assert [kind.name for kind in LETTERS if address_of(kind, cast.bea, "about@x.example")] == []


@pytest.mark.parametrize(
    "content",
    [
        bounce("abc", "a" * 900_000),
        b"Content-Type: multipart/report; boundary=b\n\n--b\n" + b"Content-Type: message/rfc822\n\n" * 30_000,
        b"".join(b"Content-Type: multipart/report; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(9000)),
    ],
    ids=["a long address", "letters within letters", "parts within parts"],
)
def test_a_hostile_bounce_is_read_in_a_moment(content: bytes) -> None:
    began = thread_time()
    read_bounce(content)
    assert thread_time() - began < 2
