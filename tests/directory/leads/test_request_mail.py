"""Requests by mail: what is read of them, and what is never answered."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.leads.lead import TEXT_LIMIT
from directory.leads.request_mail import MAX_MAIL, Outcome, read_mail, take_mail, without_quotations
from directory.leads.submission import Source, Submission, request_of
from directory.outbox.delivery import Delivery
from directory.outbox.mail_refusal import read_bounce
from directory.people.chapter import Chapter
from directory.secrets import SecretBox
from tests.cast import Cast

BOX, OWN = SecretBox(["key"]), "Goodword <hello@goodword.example>"
HEAD = (
    b"From: Prudence Hale <prudence@saguaro.example>\r\nTo: ask@goodword.example\r\nMessage-ID: <1@saguaro.example>\r\n"
)


def take(session: Session, content: bytes, now: datetime) -> Outcome:
    return take_mail(session, content=content, own_address=OWN, secrets=BOX, now=now)


def kept(session: Session) -> Sequence[Submission]:
    return session.scalars(select(Submission).order_by(Submission.id)).all()


@given(content=st.binary(max_size=400))
@example(b"")
@example(HEAD + b"Subject: =?utf-8?b?//8=?=\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe")
@example(HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!!")
@example(b"From: \xff\xff@\xff\r\n\r\nx")
@example(b"From: a@b.example\r\nContent-Type: multipart/mixed\r\n\r\nx")
def test_any_bytes_are_read_or_are_no_mail(content: bytes) -> None:
    for start in (
        b"",
        HEAD,
        HEAD + b"Content-Type: text/html\r\n",
        HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n",
    ):
        mail = read_mail(start + content, own_address=OWN)
        if mail is not None:
            assert "@" in mail.address
            assert len(mail.text) <= TEXT_LIMIT + 1
            assert all(character.isprintable() or character in "\n\u200d" for character in mail.text + mail.name)


HOSTILE = st.sampled_from(
    [
        *(b":" * 2000, b"(" * 2000, b"[" * 1000, b"x; charset*0*=a''%e9", b"x; charset=\0", b"x; charset=punycode"),
        *(b"x; a*=; a*1*=b; a*0=", b"x; charset=undefined", b"=?utf-8?b?//8=?=", b"a@b.example", b"\xff", b"multipart"),
    ]
)


@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"From", b"To", b"Cc", b"Reply-To", b"Subject", b"Message-ID", b"Delivered-To"])
            | st.sampled_from([b"Content-Type", b"Content-Disposition", b"Content-Transfer-Encoding", b"Return-Path"]),
            HOSTILE | st.binary(max_size=30),
        ),
        min_size=1,
    )
)
@example([(b"To", b":" * 2000)])
@example([(b"Content-Type", b"x; charset*0*=a''%e9")])
def test_any_headers_are_read_or_are_no_mail(headers: list[tuple[bytes, bytes]]) -> None:
    for start in (b"", HEAD, b"Content-Type: multipart/report; boundary=x\r\n"):
        content = start + b"".join(b"%s: %s\r\n" % header for header in headers) + b"\r\n--x\r\n\r\nHello\xff"
        mail = read_mail(content, own_address=OWN)
        assert mail is None or "@" in mail.address
        read_bounce(content)


@given(
    reply=st.text("abc def\n.,", min_size=1).filter(str.strip),
    quoted=st.lists(st.text("xyz >", max_size=30), min_size=1),
)
def test_what_stands_below_an_attribution_is_never_kept(reply: str, quoted: list[str]) -> None:
    below = "\n".join(f"> Q{line}" for line in quoted)
    assert (
        without_quotations(f"{reply}\n\nOn Nov 26, 2026, at 10:27 AM, Dan <dan@d.example> wrote:\n\n{below}\n")
        == reply.strip()
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hello\n\nFrom: x@y.example [mailto:x@y.example]\nSent: March-09-12 4:22 PM\nTo: Dan Le\n\nHi Dan", "Hello"),
        ("\nHello\n\n> Subject: Test\n> From: bob@x.example\n>\n> Hi\n", "Hello"),
        ("Hello\n\n\n----- Original Message -----\nFrom: bob\nTo: you\n\nHi\n", "Hello"),
        ("On 04/02/2012 06:26 PM, Megan One wrote:\n> Hi\nHello\n", "Hello"),
        ("Hello\n\nSent from my iPhone\n\nOn Apr 3, 2012, at 4:19 PM, bob <bob@e.example> wrote:\n\n> Hi\n", "Hello"),
        ("Hello \n\n-- \nxxx\nSent with Sparrow\n\n\nOn Tuesday, xxx wrote:\n\n> Hello\n> > Hi\n", "Hello"),
        ("Look\n\n*From:* Kim [mailto:no@site.example]\n*Sent:* Monday\n*To:* u\n\nRespond", "Look"),
        ("Thanks.\n\nOn Tue, Nov 10, 2026 at 3:12 PM A Very Long\n<a@f.example> wrote:\n\n> Can you?\n", "Thanks."),
        ("Who can?\n\n---- Forwarded message ----\nFrom: A <a@b.example>\nTo: C\n\nA site.", "Who can?\n\nA site."),
        ("> only\n> this", "> only\n> this"),
        ("We need:\n- a site\n- a shop", "We need:\n- a site\n- a shop"),
    ],
)  # fmt: skip
def test_quotations_and_signatures_are_cut_as_mail_programs_write_them(text: str, kept: str) -> None:
    assert without_quotations(text) == kept


def test_a_mail_waits_sealed_for_its_address_to_confirm(cast: Cast, session: Session, now: datetime) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Prudence Hale <Prudence@saguaro.example>", "ask+old-pueblo@goodword.example"
    mail["Subject"] = "A new website"
    mail.set_content("We want WordPress before March.\n\n-- \nPrudence, 520-555-0134")
    mail.add_attachment(b"x" * 1000, maintype="application", subtype="pdf", filename="brief.pdf")
    assert take(session, mail.as_bytes(), now) is Outcome.KEPT
    (made,) = kept(session)
    assert (made.source, made.confirmed_at, made.chapter_id) == (Source.MAIL, None, cast.chapter.id)
    asked = request_of(made, secrets=BOX)
    assert asked
    assert (asked.contact.name, asked.contact.email) == ("Prudence Hale", "prudence@saguaro.example")
    assert (asked.text, asked.dropped) == ("A new website.\nWe want WordPress before March.", 1)
    assert "520-555-0134" in asked.original
    assert session.scalars(select(Delivery)).one().key.startswith("mail:submission-")


def test_html_alone_is_read_as_text(cast: Cast, session: Session, now: datetime) -> None:
    page = b"<html><head><style>p{}</style></head><body><p>A&nbsp;site,</p><div>by <b>May</b>.</div></body></html>"
    assert take(session, HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page, now) is Outcome.KEPT
    asked = request_of(kept(session)[0], secrets=BOX)
    assert asked
    assert asked.text == "A site,\nby May."


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: auto-replied",
        b"Auto-Submitted: auto-generated; x=1",
        b"Precedence: bulk",
        b"Precedence: auto_reply",
        b"X-Auto-Response-Suppress: All",
        b"List-Id: <a.list.example>",
        b"Return-Path: <>",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x",
        b"Reply-To: noreply@saguaro.example",
        b"Reply-To: MAILER-DAEMON@saguaro.example",
        b"Reply-To: hello@goodword.example",
    ],
)
def test_what_no_person_wrote_is_neither_kept_nor_answered(
    cast: Cast, session: Session, now: datetime, header: bytes
) -> None:
    assert take(session, HEAD + header + b"\r\n\r\nI am on holiday.", now) is Outcome.AUTOMATIC
    assert (kept(session), session.scalars(select(Delivery)).all()) == ([], [])


def test_a_person_may_say_that_they_are_one(cast: Cast, session: Session, now: datetime) -> None:
    assert take(session, HEAD + b"Auto-Submitted: no\r\n\r\nA site, please.", now) is Outcome.KEPT


def test_the_same_mail_twice_is_one_and_a_loop_ends(cast: Cast, session: Session, now: datetime) -> None:
    assert [take(session, HEAD + b"\r\nA site.", now) for _ in range(2)] == [Outcome.KEPT, Outcome.REPEATED]
    others = [HEAD.replace(b"<1@", b"<x%d@" % number) + b"\r\nA site." for number in range(25)]
    outcomes = [take(session, other, now) for other in others]
    assert outcomes.count(Outcome.KEPT) == 19
    assert {*outcomes[19:]} == {Outcome.TOO_MANY}
    assert len(session.scalars(select(Delivery)).all()) == 3  # however many came


@pytest.mark.parametrize("content", [b"", b"x", HEAD + b"\r\n", b"Subject: x\r\n\r\nHello", HEAD + b"\r\n> \r\n \r\n"])
def test_nothing_to_read_or_nobody_to_answer_changes_nothing(
    cast: Cast, session: Session, now: datetime, content: bytes
) -> None:
    assert take(session, content, now) in (Outcome.UNREADABLE, Outcome.KEPT if b">" in content else Outcome.UNREADABLE)
    if b">" not in content:
        assert kept(session) == []


def test_of_a_huge_mail_its_text_is_read(cast: Cast, session: Session, now: datetime) -> None:
    mail = EmailMessage()
    mail["From"] = "a@b.example"
    mail.set_content("A site. " * 2000)
    mail.add_attachment(b"x" * 3 * MAX_MAIL, maintype="application", subtype="zip", filename="all.zip")
    assert take(session, mail.as_bytes()[:MAX_MAIL], now) is Outcome.KEPT
    asked = request_of(kept(session)[0], secrets=BOX)
    assert asked
    assert asked.dropped == 1
    assert len(asked.text) <= TEXT_LIMIT
    assert asked.text.endswith("…")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=3)
@given(part=st.sampled_from([b"<", b"<br", b"&", b"<!--", b"> ", b"wrote:\n", b"From: a\n", b"--x\n", b"=?", b"_"]))
def test_no_mail_takes_long(part: bytes) -> None:
    for kind in (b"text/plain", b"text/html", b"multipart/mixed; boundary=x"):
        read_mail(HEAD + b"Content-Type: " + kind + b"\r\n\r\n" + part * (200_000 // len(part)))


def test_nested_parts_end_somewhere() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    assert read_mail(HEAD + nested + b"\nHello") is None or True


def test_a_mail_goes_to_the_chapter_that_it_names(cast: Cast, session: Session, now: datetime) -> None:
    other = Chapter(key="phoenix", name="Phoenix")
    session.add(other)
    session.flush()
    for number, (to, chapter) in enumerate(((b"ask+Phoenix@g.example", other), (b"ask@g.example", cast.chapter))):
        mail = b"From: a@b.example\r\nMessage-ID: <%d@x>\r\nTo: %s\r\n\r\nA site." % (number, to)
        assert take(session, mail, now) is Outcome.KEPT
        assert kept(session)[-1].chapter_id == chapter.id
