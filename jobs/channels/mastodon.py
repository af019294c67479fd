"""Kind ``mastodon``: posts by Mastodon.py to an account on any server with Mastodon's API.

A server keeps a post's idempotency key for an hour. After that the account's own posts are searched first.
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
from jobs.channels.http import NetworkSession, classify_errors, picture_of, refuse_picture
from jobs.channels.transport import Account, AccountCheck, Message, ReceivedPost

KEY_LIFETIME = timedelta(minutes=55)  # servers keep an idempotency key for an hour
SKEW = timedelta(hours=1)  # by which the server's clock may differ from ours
LARGEST_PICTURE = 8_000_000  # bytes
PAGE, PAGES = 40, 5
TAG = re.compile(r"<(/?\w*)[^<>]*>")


class MastodonTransport:
    """One account, with the OAuth token obtained when it was connected."""

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
        """Post the text with its picture and return the post's id, also if it exists already."""
        frozen, media = PostSnapshot.from_bytes(message.payload), None
        # A row is sent only if no earlier attempt can have arrived, or if its key is still valid.
        with classify_errors("no"):
            if clock.utc_now() - frozen.at > KEY_LIFETIME and (post_id := self.find(message)):
                return post_id
        if frozen.image:
            with refuse_picture(), classify_errors("no", MastodonError):
                picture, media_type = picture_of(self.account, frozen, LARGEST_PICTURE)
                media = [self.api.media_post(picture, media_type, description=frozen.alt)["id"]]
        with classify_errors(None, MastodonError):
            options = {"visibility": "public", "idempotency_key": message.key}
            return str(self.api.status_post(frozen.text, media_ids=media, **options)["id"])

    def find(self, message: Message) -> str | None:
        """Return the id of the account's post with this text, among those since it was frozen.

        Raises TransportError if there are more posts than PAGES pages.
        """
        frozen = PostSnapshot.from_bytes(message.payload)
        since, text = frozen.at - SKEW, _without_spaces(frozen.text)
        with classify_errors("maybe", MastodonError):
            for number, page in enumerate(_pages(partial(self.api.account_statuses, self._me(), limit=PAGE)), 1):
                for post in page:
                    if post["created_at"] >= since and _without_spaces(plain_text(post["content"])) == text:
                        return str(post["id"])
                if page[-1]["created_at"] < since:
                    break
                if number == PAGES:
                    raise LookupError("too many posts to search")
        return None

    def check(self) -> AccountCheck:
        """Return the account's full name and the server's maximum text length."""
        with classify_errors("no", MastodonError):
            name = self.api.account_verify_credentials()["acct"]
            limit = None
            with suppress(MastodonError, LookupError, TypeError):  # other server software may not report it
                limit = int(self.api.instance_v2()["configuration"]["statuses"]["max_characters"])
            return AccountCheck(f"@{name}@{self._server.partition('://')[2]}", limit)

    def listen(self, since: str | None, tags: list[str]) -> list[ReceivedPost]:
        """Return mentions, replies, and others' posts under ``tags``, as far as the server knows them."""
        received: dict[str, ReceivedPost] = {}
        with classify_errors("no", MastodonError):
            me = self._me()
            for tag in tags:
                for page in _pages(partial(self.api.timeline_hashtag, tag, limit=PAGE)):
                    received |= {post["id"]: self._received(post, me) for post in page if post["account"]["id"] != me}
                    if not _is_news(page[-1]["id"], since):
                        break
            for page in _pages(partial(self.api.notifications, types=["mention"], limit=PAGE)):
                posts = [item["status"] for item in page if item["status"] is not None]
                received |= {post["id"]: self._received(post, me, "mention") for post in posts}
                if not all(_is_news(post["id"], since) for post in posts):
                    break
        return sorted(received.values(), key=lambda post: (post.at, post.external_id))

    @property
    def _server(self) -> str:
        return safe_http.origin_of(str(self.account.settings["address"]))

    def _me(self) -> Any:
        return self.api.account_verify_credentials()["id"]

    def _received(self, post: Any, me: Any, kind: Literal["mention", "tag"] = "tag") -> ReceivedPost:
        name = post["account"]["acct"]
        return ReceivedPost(
            external_id=str(post["id"]),
            kind="reply" if post["in_reply_to_account_id"] == me else kind,
            author=f"@{name}",
            text=plain_text(post["content"]),
            address=f"{self._server}/@{name}/{post['id']}",  # our server shows posts of all servers
            at=post["created_at"],
            about=str(post["in_reply_to_id"] or ""),
        )


def plain_text(html: str) -> str:
    """Return the plain text of a post's HTML, as its author typed it."""
    # Not html.parser: one answer of a hostile server can keep it busy for hours.
    return unescape(TAG.sub(lambda tag: {"br": "\n", "p": "\n\n"}.get(tag[1], ""), html)).strip()


def _without_spaces(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


def _pages(ask: Callable[..., list[Any]]) -> Iterator[list[Any]]:
    """Yield pages of posts, newest first, until one is empty, at most PAGES."""
    older = None
    for _ in range(PAGES):
        if not (page := ask(max_id=older)):
            return
        yield page
        older = page[-1]["id"]


def _is_news(post: str, since: str | None) -> bool:
    """Return whether a post id came after ``since``. Ids grow, first in length.

    False if ``since`` is None, so that the first fetch of an account reads one page.
    """
    return since is not None and (len(str(post)), str(post)) > (len(since), since)
