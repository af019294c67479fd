"""Kind ``bluesky``: a post is a record whose key derives from its time and delivery, so it can exist only once.

It calls XRPC itself: the library ``atproto`` drops ``swapRecord: null``, which makes the server refuse a second one.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from directory import safe_http
from directory.outbox.post_snapshot import PostSnapshot
from directory.translation import gettext
from jobs.channels.http import HttpRefused, NetworkSession, classify_errors, picture_of, refuse_picture
from jobs.channels.transport import Account, AccountCheck, Message, ReceivedPost, Secrets, TransportError

HOME = "https://bsky.social"
POST = "app.bsky.feed.post"
LARGEST_PICTURE = 976_000  # bytes
PAGE, PAGES = 50, 4
TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
# As Bluesky's own library detects them, except that a joiner inside a word does not end a hashtag.
LINK = re.compile(r"(?:(?<=[\s(])|^)https?://\S+")
HASHTAG = re.compile(r"(?<!\S)[#＃]([^\s\u00ad\u2060\u200a\u200b\u20e2]+)")
LONGEST_HASHTAG = 64  # characters


class BlueskyTransport:
    """One account, by an app password. Its session is stored, since the server allows only a few new ones a day."""

    def __init__(self, account: Account) -> None:
        self.account, self.secrets, self.http = account, account.secrets, NetworkSession()

    @cached_property
    def server(self) -> str:
        return safe_http.origin_of(str(self.account.settings.get("address") or HOME))

    def send(self, message: Message) -> str:
        """Create the record and return its URI, also if the same record exists already."""
        frozen = PostSnapshot.from_bytes(message.payload)
        with classify_errors("no"):
            place = self._place(message, frozen)
            record: dict[str, Any] = {"$type": POST, "text": frozen.text, "createdAt": _instant(frozen.at)}
            if facets := list(facets_of(frozen.text)):
                record["facets"] = facets
            if frozen.image:
                with refuse_picture():
                    picture, media_type = picture_of(self.account, frozen, LARGEST_PICTURE)
                    upload = {"data": picture, "headers": {"Content-Type": media_type}}
                    blob = self._ask("POST", "com.atproto.repo.uploadBlob", **upload)["blob"]
                image = {"image": blob, "alt": frozen.alt}
                record["embed"] = {"$type": "app.bsky.embed.images", "images": [image]}
        try:
            with classify_errors():
                body = {**place, "record": record, "swapRecord": None}
                return str(self._ask("POST", "com.atproto.repo.putRecord", json=body)["uri"])
        except HttpRefused as error:
            if error.code == "InvalidSwap" and (uri := self.find(message)):
                return uri
            raise

    def find(self, message: Message) -> str | None:
        """Return the URI of the record under the post's key. Raises TransportError if it has another text."""
        frozen = PostSnapshot.from_bytes(message.payload)
        with classify_errors("maybe"):
            try:
                existing = self._ask("GET", "com.atproto.repo.getRecord", params=self._place(message, frozen))
            except HttpRefused as error:
                if error.code == "RecordNotFound":
                    return None
                raise
            if existing["value"]["text"] == frozen.text:
                return str(existing["uri"])
        raise TransportError(gettext("There is another text in its place."), permanent=True, accepted="maybe")

    def check(self) -> AccountCheck:
        """Return the handle by which the server knows the account."""
        with classify_errors("no"):
            return AccountCheck(f"@{self._ask('GET', 'com.atproto.server.getSession')['handle']}")

    def listen(self, since: str | None, tags: list[str]) -> list[ReceivedPost]:
        """Return replies, mentions, and others' posts under ``tags`` if the server can search."""
        received: dict[str, ReceivedPost] = {}
        searches: list[tuple[str, str, dict[str, Any]]] = [
            ("app.bsky.feed.searchPosts", "posts", {"q": f"#{tag}", "sort": "latest"}) for tag in tags
        ]
        reasons = {"reasons": ["mention", "reply"]}
        with classify_errors("no"):
            me = self._session()["did"]
            notifications = ("app.bsky.notification.listNotifications", "notifications", reasons)
            for method, name, params in [*searches, notifications]:
                for page in self._pages(method, name, params):
                    received |= {post["uri"]: _received(post) for post in page if post["author"]["did"] != me}
                    if since is None or any(_key(post["uri"]) <= _key(since) for post in page):
                        break
        return sorted(received.values(), key=lambda post: (post.at, post.external_id))

    def _pages(self, method: str, name: str, params: dict[str, Any]) -> Iterator[list[Any]]:
        cursor: dict[str, str] = {}
        for _ in range(PAGES):
            try:
                answer = self._ask("GET", method, params={**params, **cursor, "limit": PAGE})
            except HttpRefused as error:
                is_missing = error.status in (404, 501) or error.code in ("MethodNotImplemented", "XRPCNotSupported")
                if is_missing or "No service configured" in error.text:
                    return  # A server without an app view receives nothing.
                raise
            yield answer[name]
            if not answer.get("cursor"):
                return
            cursor = {"cursor": answer["cursor"]}

    def _place(self, message: Message, frozen: PostSnapshot) -> dict[str, str]:
        return {"repo": self._session()["did"], "collection": POST, "rkey": record_key(frozen.at, message.key)}

    def _ask(self, verb: str, method: str, **request: Any) -> Any:
        """Return the server's answer. An expired token is renewed once; the request it refused was not accepted."""
        token = self._session()["accessJwt"]
        try:
            return self._call(verb, method, token, **request)
        except HttpRefused as error:
            if error.status != 401 and error.code not in ("ExpiredToken", "InvalidToken"):
                raise
        with classify_errors("no"):
            token = self._renewed(token)["accessJwt"]
        return self._call(verb, method, token, **request)

    def _call(self, verb: str, method: str, token: str = "", **request: Any) -> Any:
        headers = {**request.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        return self.http.request(verb, f"{self.server}/xrpc/{method}", headers=headers, **request).json()

    def _session(self) -> dict[str, str]:
        session: dict[str, str] = json.loads(self.secrets.get("session", "{}"))
        return session or self._renewed(None)

    def _renewed(self, used: str | None) -> dict[str, str]:
        """Return a session other than that of the token ``used``: another worker's, a refreshed one, or a new one."""

        def change(stored: Secrets) -> Secrets:
            old = json.loads(stored.get("session", "{}"))
            if old and old["accessJwt"] != used:
                return stored
            return {**stored, "session": json.dumps(self._refreshed(old) if old else self._created(stored))}

        self.secrets = self.account.renew(change)
        session: dict[str, str] = json.loads(self.secrets["session"])
        return session

    def _refreshed(self, old: dict[str, str]) -> dict[str, str]:
        try:
            return _session_of(self._call("POST", "com.atproto.server.refreshSession", old["refreshJwt"]))
        except HttpRefused as error:
            if error.status not in (400, 401):
                raise
            return self._created(self.secrets)

    def _created(self, stored: Secrets) -> dict[str, str]:
        """Create a session by the app password. If that is refused, a person must connect the account again."""
        login = {"identifier": str(self.account.settings["handle"]).lstrip("@"), "password": stored["app_password"]}
        return _session_of(self._call("POST", "com.atproto.server.createSession", json=login))


def record_key(at: datetime, key: str) -> str:
    """Return the TID of a delivery, from the second in which it was frozen and 30 bits of its key's hash.

    See atproto.com/specs/tid.
    """
    digest = int.from_bytes(sha256(key.encode()).digest()[:8], "big")
    microseconds = int(at.timestamp()) * 10**6 + (digest >> 10) % 10**6
    number = microseconds << 10 | digest % 1024
    return "".join(TID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def facets_of(text: str) -> Iterator[dict[str, Any]]:
    """Yield the links and hashtags of a text as facets, by their positions in its UTF-8 bytes."""
    links = [(match.start(), _link_of(match[0]), "link", "uri") for match in LINK.finditer(text)]
    tags = [(match.start(), match[0][0] + _tag_of(match[1]), "tag", "tag") for match in HASHTAG.finditer(text)]
    for start, words, kind, key in sorted(links + tags):
        value = words if kind == "link" else words[1:]
        if value and (kind == "link" or len(value) <= LONGEST_HASHTAG):
            first = len(text[:start].encode())
            index = {"byteStart": first, "byteEnd": first + len(words.encode())}
            yield {"index": index, "features": [{"$type": f"app.bsky.richtext.facet#{kind}", key: value}]}


def _link_of(words: str) -> str:
    """Return the link without one sign that ends a sentence, and without a bracket that began before it."""
    words = words[:-1] if words[-1] in ".,;:!?" else words
    return words[:-1] if words[-1] == ")" and "(" not in words else words


def _tag_of(words: str) -> str:
    """Return the hashtag without punctuation at its end; empty where there is nothing but digits and punctuation."""
    end = len(words)
    while end and (unicodedata.category(words[end - 1])[0] == "P" or words[end - 1] in "\u200c\u200d"):
        end -= 1
    is_word = any(unicodedata.category(sign)[0] not in "PZ" and not sign.isdecimal() for sign in words[:end])
    return words[:end] if is_word and words[0] != "\ufe0f" else ""


def _session_of(answer: dict[str, Any]) -> dict[str, str]:
    return {name: answer[name] for name in ("did", "handle", "accessJwt", "refreshJwt")}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _key(uri: str) -> str:
    return uri.rpartition("/")[2]


def _received(post: dict[str, Any]) -> ReceivedPost:
    record, author = post["record"], post["author"]["handle"]
    return ReceivedPost(
        external_id=post["uri"],
        kind=post.get("reason", "tag"),
        author=f"@{author}",
        text=record["text"],
        address=f"https://bsky.app/profile/{author}/post/{_key(post['uri'])}",
        at=datetime.fromisoformat(post["indexedAt"]),
        about=record.get("reply", {}).get("parent", {}).get("uri", ""),
    )
