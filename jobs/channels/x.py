"""Kinds ``x`` and ``x_keys``: posts to X by tweepy. A certain refusal is distinguished from a possible arrival.

X has no idempotency key, so ``find`` reads the account's own timeline. Only a request answered with 401 is retried.
"""

import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import requests
import tweepy  # type: ignore[import-untyped]

from directory.outbox.post_snapshot import PostSnapshot
from directory.translation import gettext
from jobs.channels.http import HttpRefused, NetworkSession, classify_errors, picture_of, refuse_picture
from jobs.channels.transport import Account, AccountCheck, Message, ReceivedPost, Secrets, TransportError

HOST = "https://api.x.com"
TWEEPYS_HOST = "https://api.twitter.com"
KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
SKEW = timedelta(hours=1)  # by which X's clock may differ from ours
LONGEST_ALT = 1000  # characters
LARGEST_PICTURE = 5 * 1024 * 1024  # bytes
PAGES = 31  # of 100 posts: X lists only the latest 3,200, so reaching that end would prove nothing
T_CO = re.compile(r"https://t\.co/\w+")
LAST_T_CO = re.compile(rf"\s*{T_CO.pattern}$")

Json = Mapping[str, Any]


class _Session(NetworkSession):
    """Sends tweepy's calls to ``host``. This is not done in an adapter, because OAuth 1 signs the address."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, self.host + str(url).removeprefix(TWEEPYS_HOST), *args, **kwargs)


class XTransport:
    """One account, by OAuth 2 with a token that is renewed (``x``) or by the four keys of OAuth 1 (``x_keys``)."""

    def __init__(self, account: Account) -> None:
        self.account, self.is_oauth_1 = account, "access_token_secret" in account.secrets
        token, keys = account.secrets.get("access_token"), [account.secrets.get(name) for name in KEYS]
        self.client = tweepy.Client(token, *keys, return_type=requests.Response)
        # The setting "host" is on no form: tests use it to reach a fake server.
        self.session = self.client.session = _Session(str(account.settings.get("host", HOST)))

    def send(self, message: Message) -> str:
        """Post the text with its picture and return the post's id, also if the same post exists already."""
        frozen = PostSnapshot.from_bytes(message.payload)
        with refuse_picture(), classify_errors("no"):
            media = [self._upload(frozen)] if frozen.image else None
        try:
            with classify_errors():
                return str(self._ask(self.client.create_tweet, text=frozen.text, media_ids=media)["data"]["id"])
        except HttpRefused as error:
            if error.status != 403 or "duplicate" not in error.text.lower():
                raise
        if post_id := self.find(message):
            return post_id
        reason = gettext("X has the same text from this account already. Change the words.")
        raise TransportError(reason, permanent=True, accepted="no")

    def find(self, message: Message) -> str | None:
        """Return the id of the post in the account's timeline since its text was frozen, None if it is not there."""
        frozen = PostSnapshot.from_bytes(message.payload)
        since = f"{(frozen.at - SKEW).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        with classify_errors("maybe"):  # A refusal to look says nothing about the post.
            for posts, _ in self._pages(self._me()["id"], "tweets", {"start_time": since, "exclude": "retweets"}):
                for post in posts:
                    if _is_same(post["text"], frozen):
                        return str(post["id"])
        return None

    def check(self) -> AccountCheck:
        """Return the user name by which X knows the account."""
        with classify_errors("no"):
            return AccountCheck(f"@{self._me()['username']}")

    def revoke(self) -> None:
        """Revoke the OAuth 2 token. The keys of OAuth 1 can be revoked only in X's developer console."""
        if not self.is_oauth_1:
            with classify_errors("no"):
                self._oauth("revoke", self.account.secrets, token=self.account.secrets["access_token"])

    def listen(self, since: str | None, tags: list[str]) -> list[ReceivedPost]:
        """Return mentions and replies. Posts that only have ``tags`` are not read, and X's plan may forbid it all."""
        fields = {"expansions": "author_id,in_reply_to_user_id", "post.fields": "conversation_id,created_at"}
        try:
            with classify_errors("no"):
                me = self._me()["id"]
                pages = list(self._pages(me, "mentions", {**fields, **({"since_id": since} if since else {})}))
                others = [(post, users) for posts, users in pages for post in posts if post["author_id"] != me]
                return [_received(post, users[post["author_id"]], me) for post, users in reversed(others)]
        except HttpRefused as error:
            if error.status != 403:
                raise
        reason = gettext("Your plan with X does not allow reading what people say.")
        raise TransportError(reason, permanent=True, accepted="no")

    def _me(self) -> Json:
        me: Json = self._ask(self.client.get_me)["data"]
        return me

    def _pages(self, me: str, timeline: str, options: Json) -> Iterator[tuple[list[Json], dict[str, str]]]:
        """Yield pages of a timeline of ``me``, newest post first: its posts, and their authors' names by id."""
        # Not by tweepy's own method: it sends tweet.fields where X's published API has post.fields.
        params = {**options, "max_results": 100}
        for _ in range(PAGES):
            page = self._ask(self.client.request, "GET", f"/2/users/{me}/{timeline}", params=params)
            users = {user["id"]: user["username"] for user in page.get("includes", {}).get("users", [])}
            yield page["data"] if page["meta"]["result_count"] else [], users
            if not (token := page["meta"].get("next_token")):
                return
            params["pagination_token"] = token
        raise TransportError(gettext("X has more posts than we can look through."), permanent=True, accepted="no")

    def _upload(self, frozen: PostSnapshot) -> str:
        picture, _ = picture_of(self.account, frozen, LARGEST_PICTURE)
        upload = {"media": b64encode(picture).decode(), "media_category": "tweet_image"}
        media = str(self._ask(self.client.request, "POST", "/2/media/upload", json=upload)["data"]["id"])
        if frozen.alt:
            alt = {"id": media, "metadata": {"alt_text": {"text": frozen.alt[:LONGEST_ALT]}}}
            self._ask(self.client.request, "POST", "/2/media/metadata", json=alt)
        return media

    def _ask(self, call: Callable[..., requests.Response], *args: Any, **kwargs: Any) -> Any:
        """Return X's answer. A 401 was certainly not accepted: the token is renewed and the call made once more."""
        try:
            return call(*args, **kwargs, user_auth=self.is_oauth_1).json()
        except HttpRefused as error:
            if error.status != 401:
                raise
        used = self.client.bearer_token
        with classify_errors("no"):  # another worker may have renewed it
            stored = self.account.renew(lambda now: now if now.get("access_token") != used else self._renewed(now))
            self.client.bearer_token = stored["access_token"]
        return call(*args, **kwargs, user_auth=self.is_oauth_1).json()

    def _renewed(self, old: Secrets) -> Secrets:
        """Return the secrets with new tokens. The caller stores them before anybody uses them."""
        reason = gettext("X no longer lets this account in. Reconnect it.")
        revoked = TransportError(reason, permanent=True, accepted="no", is_revoked=True)
        if not old.get("refresh_token"):
            raise revoked
        try:
            tokens = self._oauth("token", old, grant_type="refresh_token", refresh_token=old["refresh_token"]).json()
        except HttpRefused as error:  # 400 is invalid_grant; X says invalid_request too
            raise (revoked if error.status in (400, 401) else error) from None
        return {**old, **{name: str(tokens[name]) for name in ("access_token", "refresh_token")}}

    def _oauth(self, endpoint: str, secrets: Secrets, **fields: str) -> requests.Response:
        client, secret = str(self.account.settings.get("client_id", "")), secrets.get("client_secret", "")
        auth = (client, secret) if secret else None
        return self.session.post(f"/2/oauth2/{endpoint}", data={**fields, "client_id": client}, auth=auth)


def _is_same(theirs: str, frozen: PostSnapshot) -> bool:
    """Return whether ``theirs`` is the frozen text as X shows it.

    X shows URLs as t.co (a picture's at the end) and & < > as entities, in NFC. A t.co matches any one word. A picture
    may have been refused; then a t.co at the end is the text's own last link.
    """
    shown, ours = (" ".join(unicodedata.normalize("NFC", text).split()) for text in (unescape(theirs), frozen.text))
    our_words = ours.split()
    candidates = {LAST_T_CO.sub("", shown) if frozen.image else shown}
    if "." in ours.rpartition(" ")[2]:  # it may be a link
        candidates.add(shown)
    return any(
        len(words) == len(our_words) and all(map(_is_same_word, words, our_words))
        for words in map(str.split, candidates)
    )


def _is_same_word(theirs: str, ours: str) -> bool:
    """Return whether ``ours`` is ``theirs`` with at least one character in place of each t.co; in linear time."""
    first, *rest = T_CO.split(theirs)
    if not rest:
        return theirs == ours
    *middle, last = rest
    at, end = len(first), len(ours) - len(last)
    for part in middle:
        at = ours.find(part, at + 1, end) + len(part)
        if at < len(part):
            return False
    return ours.startswith(first) and ours.endswith(last) and at < end


def _received(post: Json, author: str, me: str) -> ReceivedPost:
    is_reply = post.get("in_reply_to_user_id") == me
    return ReceivedPost(
        str(post["id"]),
        "reply" if is_reply else "mention",
        f"@{author}",
        unescape(post["text"]),
        f"https://x.com/{author}/status/{post['id']}",
        datetime.fromisoformat(post["created_at"]),
        str(post.get("conversation_id", "")) if is_reply else "",
    )
