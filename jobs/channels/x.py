"""Kind ``x``: posts to X by tweepy. What was certainly refused is told apart from what may be there.

X knows no key by which a post is sent once, so that ``find`` reads the account's own timeline. Nothing is tried twice
but what was answered with a 401.
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
from jobs.channels.http import HttpRefused, NetworkSession, classify_errors, picture_of
from jobs.channels.transport import Account, Checked, Heard, Message, Secrets, TransportError

HOST = "https://api.x.com"
TWEEPYS_HOST = "https://api.twitter.com"
KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
SKEW = timedelta(hours=1)  # by which X's clock may differ from ours
LONGEST_ALT = 1000  # characters
LARGEST_PICTURE = 5 * 1024 * 1024  # bytes
PAGES = 31  # of 100 posts: X ends after the latest 3,200, and that end would prove nothing
T_CO = re.compile(r"https://t\.co/\w+")
LAST_T_CO = re.compile(rf"\s*{T_CO.pattern}$")

Json = Mapping[str, Any]


class _Session(NetworkSession):
    """Takes tweepy's calls to the published host; here and not in an adapter, because OAuth 1 signs the address."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, self.host + str(url).removeprefix(TWEEPYS_HOST), *args, **kwargs)


class XTransport:
    """One account: by OAuth 2 with a token that is renewed (``x``), or by the four keys of OAuth 1 (``x_keys``)."""

    def __init__(self, account: Account) -> None:
        self.account, self.is_oauth_1 = account, "access_token_secret" in account.secrets
        token, keys = account.secrets.get("access_token"), [account.secrets.get(name) for name in KEYS]
        self.client = tweepy.Client(token, *keys, return_type=requests.Response)
        # No person is offered this setting: it leads to a stand-in, in tests.
        self.session = self.client.session = _Session(str(account.settings.get("host", HOST)))

    def send(self, message: Message) -> str:
        """Post the text, with its picture; the id of the post, also of the same one where it stands already."""
        frozen = PostSnapshot.from_bytes(message.payload)
        with classify_errors("no"):
            media = [self._upload(frozen)] if frozen.image else None
        try:
            with classify_errors():
                return str(self._ask(self.client.create_tweet, text=frozen.text, media_ids=media)["data"]["id"])
        except HttpRefused as error:
            if error.status != 403 or "duplicate" not in error.text.lower():
                raise
        if found := self.find(message):
            return found
        said = gettext("X has the same text from this account already. Change the words.")
        raise TransportError(said, permanent=True, accepted="no")

    def find(self, message: Message) -> str | None:
        """The id of the post in the account's timeline since its text was frozen."""
        frozen = PostSnapshot.from_bytes(message.payload)
        since = f"{(frozen.at - SKEW).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        with classify_errors("maybe"):  # A refusal to look says nothing about the post.
            for posts, _ in self._pages(self._me()["id"], "tweets", {"start_time": since, "exclude": "retweets"}):
                for post in posts:
                    if _is_same(post["text"], frozen):
                        return str(post["id"])
        return None

    def check(self) -> Checked:
        """Who X says we are."""
        with classify_errors("no"):
            return Checked(f"@{self._me()['username']}")

    def leave(self) -> None:
        """Give the token back; X ends the four keys of OAuth 1 in its developer console alone."""
        if not self.is_oauth_1:
            with classify_errors("no"):
                self._oauth("revoke", self.account.secrets, token=self.account.secrets["access_token"])

    def listen(self, since: str | None, tags: list[str]) -> list[Heard]:
        """Mentions and replies; under ``tags`` alone nothing is heard, and a plan may forbid all of it."""
        asked = {"expansions": "author_id,in_reply_to_user_id", "post.fields": "conversation_id,created_at"}
        try:
            with classify_errors("no"):
                me = self._me()["id"]
                pages = list(self._pages(me, "mentions", {**asked, **({"since_id": since} if since else {})}))
                others = [(post, users) for posts, users in pages for post in posts if post["author_id"] != me]
                return [_heard(post, users[post["author_id"]], me) for post, users in reversed(others)]
        except HttpRefused as error:
            if error.status != 403:
                raise
        said = gettext("Your plan with X lets no program read what people say.")
        raise TransportError(said, permanent=True, accepted="no")

    def _me(self) -> Json:
        me: Json = self._ask(self.client.get_me)["data"]
        return me

    def _pages(self, me: str, what: str, asked: Json) -> Iterator[tuple[list[Json], dict[str, str]]]:
        """Posts by or about ``me``, the newest first, with the names of who wrote them by their ids."""
        # Not by tweepy's own method: what it calls tweet.fields the published description calls post.fields.
        params = {**asked, "max_results": 100}
        for _ in range(PAGES):
            said = self._ask(self.client.request, "GET", f"/2/users/{me}/{what}", params=params)
            users = {user["id"]: user["username"] for user in said.get("includes", {}).get("users", [])}
            yield said["data"] if said["meta"]["result_count"] else [], users
            if not (token := said["meta"].get("next_token")):
                return
            params["pagination_token"] = token
        raise TransportError(gettext("X has more posts than can be looked through."), permanent=True, accepted="no")

    def _upload(self, frozen: PostSnapshot) -> str:
        picture, _ = picture_of(self.account, frozen, LARGEST_PICTURE)
        said = {"media": b64encode(picture).decode(), "media_category": "tweet_image"}
        media = str(self._ask(self.client.request, "POST", "/2/media/upload", json=said)["data"]["id"])
        if frozen.alt:
            alt = {"id": media, "metadata": {"alt_text": {"text": frozen.alt[:LONGEST_ALT]}}}
            self._ask(self.client.request, "POST", "/2/media/metadata", json=alt)
        return media

    def _ask(self, ask: Callable[..., requests.Response], *args: Any, **said: Any) -> Any:
        """X's answer to the account. A 401 is a certain no: after it the token is renewed and the same asked again."""
        try:
            return ask(*args, **said, user_auth=self.is_oauth_1).json()
        except HttpRefused as error:
            if error.status != 401:
                raise
        used = self.client.bearer_token
        with classify_errors("no"):  # another worker may have renewed it
            kept = self.account.renew(lambda kept: kept if kept.get("access_token") != used else self._renewed(kept))
            self.client.bearer_token = kept["access_token"]
        return ask(*args, **said, user_auth=self.is_oauth_1).json()

    def _renewed(self, kept: Secrets) -> Secrets:
        """The secrets with new tokens, which are stored before anybody uses them."""
        said = gettext("X lets this account in no more. Connect it again.")
        revoked = TransportError(said, permanent=True, accepted="no", is_revoked=True)
        if not kept.get("refresh_token"):
            raise revoked
        try:
            given = self._oauth("token", kept, grant_type="refresh_token", refresh_token=kept["refresh_token"]).json()
        except HttpRefused as error:  # 400 is invalid_grant; X says invalid_request too
            raise (revoked if error.status in (400, 401) else error) from None
        return {**kept, **{name: str(given[name]) for name in ("access_token", "refresh_token")}}

    def _oauth(self, what: str, kept: Secrets, **said: str) -> requests.Response:
        client, secret = str(self.account.settings.get("client_id", "")), kept.get("client_secret", "")
        auth = (client, secret) if secret else None
        return self.session.post(f"/2/oauth2/{what}", data={**said, "client_id": client}, auth=auth)


def _is_same(theirs: str, frozen: PostSnapshot) -> bool:
    """Whether X shows the frozen text: addresses as t.co (a picture's at the end), & < > as entities, in NFC.

    What stood behind a t.co is not asked for: any word may have.
    """
    said, ours = (" ".join(unicodedata.normalize("NFC", text).split()) for text in (unescape(theirs), frozen.text))
    if frozen.image:
        said = LAST_T_CO.sub("", said)
    return re.fullmatch(r"\S+".join(re.escape(part) for part in T_CO.split(said)), ours) is not None


def _heard(post: Json, author: str, me: str) -> Heard:
    is_reply = post.get("in_reply_to_user_id") == me
    return Heard(
        str(post["id"]),
        "reply" if is_reply else "mention",
        f"@{author}",
        unescape(post["text"]),
        f"https://x.com/{author}/status/{post['id']}",
        datetime.fromisoformat(post["created_at"]),
        str(post.get("conversation_id", "")) if is_reply else "",
    )
