"""The week's post to a mailing list."""

from dataclasses import replace
from typing import Any

import pytest

from directory.settings import Settings
from jobs.channels import transport_of
from jobs.channels.transport import TransportError
from tests.jobs.channels.platforms import TEXT, account_of, message
from tests.services.postbox import postbox

LIST = {"address": "list@mesa.example"}


def to_list(settings: Settings, port: int, **said: str) -> Any:
    return transport_of(
        "mail", account_of({**LIST, **said}, {}, replace(settings, mail_url=f"smtp://127.0.0.1:{port}"))
    )


def test_a_mail_to_a_list_has_list_headers_and_a_stable_message_id(settings: Settings) -> None:
    with postbox() as (box, port):
        first = to_list(settings, port).send(message())
        assert to_list(settings, port, unsubscribe="leave@mesa.example").send(message()) == first
        leave = f"https://mesa.example/leave/{'a' * 90}/é <b>"
        to_list(settings, port, unsubscribe=leave).send(message(key="post:another:c"))
    one, again, other = box.mails
    assert one["To"] == LIST["address"]
    assert one["Subject"] == "Old Pueblo: the week of 2026-11-04"
    assert one["List-Id"] == "Old Pueblo <c.localhost>"
    assert one.get_content().split() == TEXT.split()
    assert (one["List-Unsubscribe"], again["List-Unsubscribe"]) == (None, "<mailto:leave@mesa.example>")
    assert other["List-Unsubscribe"] == f"<https://mesa.example/leave/{'a' * 90}/%C3%A9%20%3Cb%3E>"
    assert one["Message-ID"] == again["Message-ID"] == first != other["Message-ID"]


@pytest.mark.parametrize(
    ("answer", "accepted", "permanent"), [("451 later", "no", False), ("554 never", "no", True), (None, "maybe", False)]
)
def test_a_mail_that_may_have_arrived_is_never_sent_again(
    settings: Settings, answer: str | None, accepted: str, permanent: bool
) -> None:
    with postbox() as (box, port):
        box.answer = answer
        with pytest.raises(TransportError) as caught:
            to_list(settings, port).send(message())
        assert (caught.value.accepted, caught.value.permanent) == (accepted, permanent)
        with pytest.raises(TransportError) as caught:
            to_list(settings, port).find(message())
        assert (caught.value.accepted, caught.value.permanent) == ("maybe", True)


def test_without_a_mail_server_mail_is_stored_in_the_home(settings: Settings) -> None:
    kept: Any = transport_of("mail", account_of(LIST, {}, settings))
    assert kept.send(message()) == kept.send(message()) == kept.find(message())
    assert len(list(settings.home.glob("mail/*.eml"))) == 1
