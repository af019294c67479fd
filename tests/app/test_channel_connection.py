"""Connecting an account: in the reader's own language, and with a clear word where a key has changed meanwhile."""

from html import unescape
from typing import Any

import pytest
from babel.support import NullTranslations, Translations
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.errors import Site
from directory.outbox.channel_kind import CHANNEL_KINDS
from directory.secrets import SecretBox
from tests.app.test_channels import SAID, browser, engine, house, lena, newest, state_of, x

FIXTURES = (browser, engine, house, lena, x)


def test_what_is_known_of_a_kind_is_told_in_the_readers_language(
    lena: FlaskClient, house: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(_: Any, message: str) -> str:
        return f"‹{message}›"

    for catalogue in (NullTranslations, Translations):
        monkeypatch.setattr(catalogue, "ugettext", said)
    for kind in CHANNEL_KINDS:
        page = unescape(lena.get(f"/chapters/{house}/channels/{kind.kind}").text)
        words = [kind.label, kind.help, *(word for each in kind.fields for word in (each.label, each.help))]
        assert [word for word in words if word and f"‹{word}›" not in page] == []


def test_a_hand_shake_whose_key_was_changed_is_begun_again(
    engine: Engine, lena: FlaskClient, house: str, app: Site, x: None
) -> None:
    before = newest(engine).id
    state = state_of(lena.post(f"/chapters/{house}/channels/x", data=SAID).text)
    app.config["SECRETS"] = SecretBox(["another"])
    answer = lena.get(f"/chapter/channels/answer?code=good&state={state}", follow_redirects=True)
    assert "Start again" in answer.text
    assert newest(engine).id == before
