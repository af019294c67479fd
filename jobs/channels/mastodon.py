"""Kind ``mastodon``: posts by Mastodon.py to an account on any server that speaks Mastodon's language.

A server keeps a post's key for an hour. After that the account's own posts are read back first.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cached_property, partial
from html import unescape
from typing import Any, Literal

from mastodon import Mastodon
from mastodon.errors import MastodonError

from directory import clock, safe_http
from directory.outbox.post_snapshot import PostSnapshot
from jobs.channels.http import NetworkSession, classify_errors, picture_of
from jobs.channels.transport import Account, Checked, Heard, Message

KEPT = timedelta(minutes=55)  # servers keep a key for an hour
SKEW = timedelta(hours=1)  # by which the server's clock may differ from ours
LARGEST_PICTURE = 8_000_000  # bytes
PAGE, PAGES = 40, 5
TAG = re.compile(r"<(/?\w*)[^<>]*>")


class MastodonTransport:
    """One account, with the token that the hand-shake of connecting gave."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @cached_property
    def api(self) -> Mastodon:
        return Mastodon(
            access_token=self.account.secrets.get("access_token", ""),
            api_base_url=self._server,
            session=NetworkSession(),
            ratelimit_method="throw",
            user_agent="goodword",
        )

    def send(self, message: Message) -> str:
        """Post the text with its picture; the id of the post, also of the one that stands there already."""
        frozen, media = PostSnapshot.from_bytes(message.payload), None
        with classify_errors(
            "no"
        ):  # A row is only sent where no earlier try can have arrived, or its key still counts.
            if clock.utc_now() - frozen.at > KEPT and (found := self.find(message)):
                return found
        if frozen.image:
            picture, media_type = picture_of(self.account, frozen, LARGEST_PICTURE)
            with classify_errors("no", MastodonError):
                media = [self.api.media_post(picture, media_type, description=frozen.alt)["id"]]
        with classify_errors(None, MastodonError):
            kept = {"visibility": "public", "idempotency_key": message.key}
            return str(self.api.status_post(frozen.text, media_ids=media, **kept)["id"])

    def find(self, message: Message) -> str | None:
        """The id of the post with this text among what the account posted since it was frozen."""
        frozen = PostSnapshot.from_bytes(message.payload)
        since, text = frozen.at - SKEW, _squeezed(frozen.text)
        with classify_errors("maybe", MastodonError):
            for number, page in enumerate(_pages(partial(self.api.account_statuses, self._me(), limit=PAGE)), 1):
                for post in page:
                    if post["created_at"] >= since and _squeezed(plain(post["content"])) == text:
                        return str(post["id"])
                if page[-1]["created_at"] < since:
                    break
                if number == PAGES:
                    raise LookupError("too many posts to tell")
        return None

    def check(self) -> Checked:
        """Who the server says we are, and how long it lets a text be."""
        with classify_errors("no", MastodonError):
            name = self.api.account_verify_credentials()["acct"]
            limit = None
            with suppress(MastodonError, LookupError, TypeError):  # servers of other makes may not say
                limit = int(self.api.instance_v2()["configuration"]["statuses"]["max_characters"])
            return Checked(f"@{name}@{self._server.partition('://')[2]}", limit)

    def listen(self, since: str | None, tags: list[str]) -> list[Heard]:
        """Mentions, replies, and what others post under ``tags``, as far as the server knows of it."""
        heard: dict[str, Heard] = {}
        with classify_errors("no", MastodonError):
            me = self._me()
            for tag in tags:
                for page in _pages(partial(self.api.timeline_hashtag, tag, limit=PAGE)):
                    heard |= {post["id"]: self._heard(post, me) for post in page if post["account"]["id"] != me}
                    if not _is_news(page[-1]["id"], since):
                        break
            for page in _pages(partial(self.api.notifications, types=["mention"], limit=PAGE)):
                posts = [said["status"] for said in page if said["status"] is not None]
                heard |= {post["id"]: self._heard(post, me, "mention") for post in posts}
                if not all(_is_news(post["id"], since) for post in posts):
                    break
        return sorted(heard.values(), key=lambda one: (one.at, one.external_id))

    @property
    def _server(self) -> str:
        return safe_http.origin_of(str(self.account.settings["address"]))

    def _me(self) -> Any:
        return self.api.account_verify_credentials()["id"]

    def _heard(self, post: Any, me: Any, kind: Literal["mention", "tag"] = "tag") -> Heard:
        name = post["account"]["acct"]
        return Heard(
            external_id=str(post["id"]),
            kind="reply" if post["in_reply_to_account_id"] == me else kind,
            author=f"@{name}",
            text=plain(post["content"]),
            address=f"{self._server}/@{name}/{post['id']}",  # our server shows it, wherever it was written
            at=post["created_at"],
            about=str(post["in_reply_to_id"] or ""),
        )


def plain(html: str) -> str:
    """The words of a post as its author typed them."""
    # Not by html.parser, which a hostile server can keep busy for hours with one answer.
    return unescape(TAG.sub(lambda tag: {"br": "\n", "p": "\n\n"}.get(tag[1], ""), html)).strip()


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


def _pages(ask: Callable[..., list[Any]]) -> Iterator[list[Any]]:
    """The newest first, until nothing is left, and not without end."""
    older = None
    for _ in range(PAGES):
        if not (page := ask(max_id=older)):
            return
        yield page
        older = page[-1]["id"]


def _is_news(post: str, since: str | None) -> bool:
    """Whether it came after ``since``; ids grow, first in length. What was never heard before is one page."""
    return since is not None and (len(str(post)), str(post)) > (len(since), since)
