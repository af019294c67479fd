"""One fake server on loopback for each kind of channel, all with the same interface for the contract tests.

A new kind needs an entry in STAND_INS and a function that makes its Platform; a long server is in ``tests.services``.
"""

import json
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from mastodon import Mastodon

from directory import clock, files
from directory.outbox.post_snapshot import FOLDER, PostSnapshot
from directory.settings import Settings
from jobs.channels import transport_of
from jobs.channels.mastodon import plain_text
from jobs.channels.transport import Account, Message, Secrets
from tests.services import bluesky, mastodon, pds, x
from tests.services.postbox import postbox
from tests.services.proxy import Proxy

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)
ALT = "A card: Alma & Co looks for owners of old theaters."
FROZEN_AT = clock.utc_now()  # one instant for all messages: a frozen post keeps it for all attempts
TEXT = "Alma & Co <Tucson> looks for “owners”.\n\nSeen one? 🏳️‍🌈 Tell us: #referralwednesday #PartnerNetzwerkTübingen"


@dataclass
class Platform:
    """A kind of channel, an account there, and functions that return what a person would see there."""

    kind: str
    account: Account
    texts: Callable[[], list[str]]
    alts: Callable[[], list[str]]
    proxy: Proxy | None = None
    post: tuple[str, str] = ("POST", "")  # the method, and a part of the path, of the request that posts
    speak: Callable[[], Any] | None = None  # makes a stranger, and the account itself, post: Who knows a roofer?

    @property
    def transport(self) -> Any:
        return transport_of(self.kind, self.account)

    def at(self, address: str) -> "Platform":
        """Return a copy whose server address is ``address``."""
        assert self.proxy

        def moved(values: Mapping[str, Any]) -> dict[str, Any]:
            return {name: value.replace(self.proxy.address, address) for name, value in values.items()}

        account = account_of(moved(self.account.settings), moved(self.account.secrets), self.account.installation)
        return replace(self, account=account)

    def shut_out(self) -> "Platform":
        """Return a copy with invalid secrets."""
        wrong = {name: f"{secret}-canary" for name, secret in self.account.secrets.items()}
        return replace(self, account=account_of(self.account.settings, wrong, self.account.installation))


def account_of(settings: Mapping[str, Any], secrets: Mapping[str, str], installation: Settings) -> Account:
    stored, lock = dict(secrets), Lock()

    def renew(change: Callable[[Secrets], Secrets]) -> Secrets:
        with lock:
            stored.update(change(dict(stored)))
            return dict(stored)

    return Account("channel", settings, stored, renew, installation)


def message(key: str = "post:o:c", text: str = TEXT, image: str = "", at: Any = None) -> Message:
    frozen = PostSnapshot("Old Pueblo", "c", "o", date(2026, 11, 4), at or FROZEN_AT, text, image, ALT if image else "")
    return Message(key, frozen.to_bytes())


def picture(settings: Settings) -> str:
    return files.store_file(settings.home, FOLDER, PICTURE)


def _x(stack: ExitStack, settings: Settings, secrets: Mapping[str, str], kind: str) -> Platform:
    fake = x.FakeX()
    port = int(stack.enter_context(x.serving(fake)).rpartition(":")[2])
    proxy = stack.enter_context(Proxy(port))
    channel_settings = {**x.CLIENT, "host": proxy.address}

    def speak() -> None:
        for author in ("2002", x.ME):
            fake.add(author, "@network who knows a roofer?")

    return Platform(
        kind,
        account_of(channel_settings, secrets, settings),
        lambda: [post["text"] for post in fake.posts],
        lambda: [picture["alt"] for picture in fake.pictures.values()],
        proxy,
        ("POST", "/2/tweets"),
        speak,
    )


def _mastodon(stack: ExitStack, settings: Settings) -> Platform:
    server = stack.enter_context(mastodon.server())
    proxy = stack.enter_context(Proxy(server.port))

    we, bea = (
        Mastodon(access_token=token, api_base_url=server.base_url) for token in (mastodon.TOKEN, mastodon.NEIGHBOUR)
    )

    def posts() -> list[Any]:
        return we.fetch_remaining(we.account_statuses(we.me()["id"], limit=40))

    def speak() -> None:
        for api in (bea, we):
            api.status_post("@goodword who knows a roofer? #referralwednesday")

    return Platform(
        "mastodon",
        account_of({"address": proxy.address}, {"access_token": mastodon.TOKEN}, settings),
        lambda: [plain_text(post["content"]) for post in posts()],
        lambda: [media["description"] for post in posts() for media in post["media_attachments"]],
        proxy,
        ("POST", "/api/v1/statuses"),
        speak,
    )


def _bluesky(stack: ExitStack, settings: Settings) -> Platform:
    server = stack.enter_context(pds.serving() if "TEST_PDS" in os.environ else bluesky.Bluesky())
    proxy = stack.enter_context(Proxy(server.port))
    channel_settings = {"address": proxy.address, "handle": f"@{bluesky.HANDLE}"}
    return Platform(
        "bluesky",
        account_of(channel_settings, {"app_password": server.password}, settings),
        lambda: [record["text"] for record in server.records.values()],
        lambda: [one["alt"] for record in server.records.values() for one in record.get("embed", {}).get("images", [])],
        proxy,
        ("POST", "putRecord"),
        lambda: server.add_post("Who knows a roofer? #referralwednesday", "3kaaaaaaaaaab", reason="mention"),
    )


def _mail(stack: ExitStack, settings: Settings) -> Platform:
    box, port = stack.enter_context(postbox())
    account = account_of({"address": "list@mesa.example"}, {}, replace(settings, mail_url=f"smtp://127.0.0.1:{port}"))
    return Platform(
        "mail",
        account,
        lambda: [mail.get_body().get_content().strip() for mail in box.mails],
        lambda: [
            part["Content-Description"] for mail in box.mails for part in mail.walk() if part["Content-Description"]
        ],
    )


def _file(stack: ExitStack, settings: Settings) -> Platform:
    def posts() -> list[Any]:
        return [json.loads(path.read_bytes()) for path in Path(settings.home).glob("posts/*/*.json")]

    texts = [lambda: [post["text"] for post in posts()], lambda: [post["alt"] for post in posts()]]
    return Platform("file", account_of({}, {}, settings), *texts)


@dataclass(frozen=True)
class StandIn:
    """How the Platform of a kind is made, and what its network allows."""

    make: Callable[[ExitStack, Settings], Platform]
    is_online: bool = True  # reached by HTTP, through a proxy that can fail
    can_look: bool = True  # can tell whether a post exists
    revoked_by: tuple[int, ...] = (401,)  # the statuses that mean a revoked account


STAND_INS = {
    "file": StandIn(_file, is_online=False),
    "x": StandIn(partial(_x, kind="x", secrets={"client_secret": x.CLIENT["client_secret"], **x.TOKENS})),
    "x_keys": StandIn(partial(_x, kind="x_keys", secrets=x.KEYS)),
    "mastodon": StandIn(_mastodon),
    "bluesky": StandIn(_bluesky),
    "mail": StandIn(_mail, is_online=False, can_look=False),
}
ONLINE = [kind for kind, stand_in in STAND_INS.items() if stand_in.is_online]
LOOKED_AT = [kind for kind, stand_in in STAND_INS.items() if stand_in.can_look]


def over(kinds: Collection[str]) -> pytest.MarkDecorator:
    """Run a test on the ``platform`` of each kind."""
    return pytest.mark.parametrize("platform", kinds, indirect=True)
