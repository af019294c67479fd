"""Kind ``x``: posts to X by tweepy. What was certainly refused is told apart from what may be there.

X knows no key by which a post is sent once, so that ``find`` reads the account's own timeline. A 401 is a certain no:
after it the token is renewed and the same call made again. Nothing else is ever tried twice.
"""

import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from typing import Any, Literal, TypeVar

import requests
import tweepy  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from directory import clock, files
from directory.outbox.post_snapshot import FOLDER, PostSnapshot
from directory.translation import gettext
from jobs.channels.transport import Account, Checked, Heard, Message, Secrets, TransportError

HOST = "https://api.x.com"
TWEEPYS_HOST = "https://api.twitter.com"
TIMEOUT = (5, 10)  # seconds, to connect and for each piece of the answer
SKEW = timedelta(hours=1)  # by which X's clock may differ from ours
LONGEST_ALT = 1000  # characters
LARGEST_PICTURE = 5 * 1024 * 1024  # bytes
PAGES = 31  # of 100 posts: X ends after the latest 3,200, and that end would prove nothing
T_CO = re.compile(r"https://t\.co/\w+")
LAST_T_CO = re.compile(rf"\s*{T_CO.pattern}$")

Json = Mapping[str, Any]
T = TypeVar("T")


class _Forbidden(TransportError):
    """A 403, and whether it says that the same text is there already."""

    is_duplicate = False


class _Session(requests.Session):
    """Takes tweepy's calls to the published host, with a timeout, following no redirect and trying nothing twice.

    The host is changed here and not in an adapter, because OAuth 1 signs the address.
    """

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host
        self.mount(host, HTTPAdapter(max_retries=0))

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        address = self.host + str(url).removeprefix(TWEEPYS_HOST)
        return super().request(method, address, *args, **{**kwargs, "timeout": TIMEOUT, "allow_redirects": False})


class XTransport:
    """One account: by OAuth 2 with a token that is renewed (``x``), or by the four keys of OAuth 1 (``x_keys``)."""

    def __init__(self, account: Account) -> None:
        self.account, self.secrets = account, account.secrets
        self.is_oauth_1 = "access_token_secret" in account.secrets
        # No person is offered this setting: it leads to a stand-in, in tests.
        self.session = _Session(str(account.settings.get("host", HOST)))

    def send(self, message: Message) -> str:
        """Post the text, with its picture; the id of the post, also of the same one where it stands already."""
        frozen = PostSnapshot.from_bytes(message.payload)
        said: dict[str, Any] = {"text": frozen.text, "user_auth": self.is_oauth_1}
        if frozen.image:
            said["media_ids"] = [self._upload(frozen)]
        try:
            return self._call(lambda x: str(x.create_tweet(**said).json()["data"]["id"]), lost="maybe")
        except _Forbidden as error:
            if error.is_duplicate and (found := self.find(message)):
                return found
            raise

    def find(self, message: Message) -> str | None:
        """The id of the post in the account's timeline since its text was frozen."""
        frozen = PostSnapshot.from_bytes(message.payload)
        since = f"{(frozen.at - SKEW).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        try:
            for posts, _ in self._pages(self._me()["id"], "tweets", {"start_time": since, "exclude": "retweets"}):
                for post in posts:
                    if _is_same(post["text"], frozen):
                        return str(post["id"])
        except TransportError as error:
            error.accepted = "maybe"  # A refusal to look says nothing about the post.
            raise
        return None

    def check(self) -> Checked:
        """Who X says we are."""
        return Checked(f"@{self._me()['username']}")

    def leave(self) -> None:
        """Give the token back; X ends the four keys of OAuth 1 in its developer console alone."""
        if self.is_oauth_1:
            return
        client, secret = str(self.account.settings.get("client_id", "")), self.secrets.get("client_secret", "")
        said = {"token": self.secrets.get("access_token", ""), "client_id": client}
        with _understood("no"):
            auth = (client, secret) if secret else None
            self.session.request("POST", "/2/oauth2/revoke", data=said, auth=auth).raise_for_status()

    def listen(self, since: str | None, tags: list[str]) -> list[Heard]:
        """Mentions and replies; under ``tags`` alone nothing is heard, and a plan may forbid all of it."""
        asked = {"expansions": "author_id,in_reply_to_user_id", "post.fields": "conversation_id,created_at"}
        try:
            me = self._me()["id"]
            pages = list(self._pages(me, "mentions", {**asked, **({"since_id": since} if since else {})}))
        except _Forbidden:
            said = gettext("Your plan with X lets no program read what people say.")
            raise TransportError(said, permanent=True, accepted="no") from None
        with _understood("no"):
            others = [(post, users) for posts, users in pages for post in posts if post["author_id"] != me]
            heard = [_heard(post, users[post["author_id"]], me) for post, users in others]
        return heard[::-1]

    def _me(self) -> dict[str, str]:
        def ask(x: Any) -> dict[str, str]:
            said = x.get_me(user_auth=self.is_oauth_1).json()["data"]
            return {"id": str(said["id"]), "username": str(said["username"])}

        return self._call(ask)

    def _pages(self, me: str, what: str, asked: Json) -> Iterator[tuple[list[Json], dict[str, str]]]:
        """Posts by or about ``me``, the newest first, with the names of who wrote them by their ids."""
        # Not by tweepy's own method: what it calls tweet.fields the published description calls post.fields.
        further: dict[str, str] = {}
        for _ in range(PAGES):
            page = partial(self._page, f"/2/users/{me}/{what}", {**asked, "max_results": 100, **further})
            posts, users, token = self._call(page)
            yield posts, users
            if not token:
                return
            further = {"pagination_token": token}
        raise TransportError(gettext("X has more posts than can be looked through."), permanent=True, accepted="no")

    def _page(self, route: str, asked: Json, x: Any) -> tuple[list[Json], dict[str, str], str | None]:
        said = x.request("GET", route, params=asked, user_auth=self.is_oauth_1).json()
        posts = said["data"] if said["meta"]["result_count"] else []
        users = {user["id"]: user["username"] for user in said.get("includes", {}).get("users", [])}
        return [{**post, "id": str(post["id"])} for post in posts], users, said["meta"].get("next_token")

    def _upload(self, frozen: PostSnapshot) -> str:
        try:
            picture = files.read_file(self.account.home, FOLDER, frozen.image)
        except FileNotFoundError:
            raise TransportError(gettext("The picture of this post is gone."), permanent=True, accepted="no") from None
        if len(picture) > LARGEST_PICTURE:
            raise TransportError(gettext("The picture is too large for X."), permanent=True, accepted="no")
        said = {"media": b64encode(picture).decode(), "media_category": "tweet_image"}
        media = self._call(lambda x: str(self._tell(x, "/2/media/upload", said)["data"]["id"]))
        if frozen.alt:
            alt = {"id": media, "metadata": {"alt_text": {"text": frozen.alt[:LONGEST_ALT]}}}
            self._call(lambda x: self._tell(x, "/2/media/metadata", alt))
        return media

    def _tell(self, x: Any, route: str, said: Json) -> Any:
        return x.request("POST", route, json=said, user_auth=self.is_oauth_1).json()

    def _call(self, call: Callable[[Any], T], *, lost: Literal["no", "maybe"] = "no") -> T:
        """Call X as the account; ``lost`` is what an answer that never came, or makes no sense, means for the post."""
        with _understood(lost):
            try:
                return call(self._client())
            except tweepy.Unauthorized:
                self._renew()
                return call(self._client())

    def _client(self) -> Any:
        names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        keys = {name: self.secrets[name] for name in names} if self.is_oauth_1 else {}
        client = tweepy.Client(self.secrets.get("access_token"), return_type=requests.Response, **keys)
        client.session = self.session
        return client

    def _renew(self) -> None:
        """A token that is not the one we used: another worker's, or a new one that is stored before it is used."""
        used = self.secrets.get("access_token")
        self.secrets = self.account.renew(lambda kept: kept if kept.get("access_token") != used else self._asked(kept))

    def _asked(self, kept: Secrets) -> Secrets:
        if not kept.get("refresh_token"):
            raise _revoked()
        client, secret = str(self.account.settings.get("client_id", "")), kept.get("client_secret", "")
        said = {"grant_type": "refresh_token", "refresh_token": kept["refresh_token"], "client_id": client}
        with _understood("no"):
            auth = (client, secret) if secret else None
            answer = self.session.request("POST", "/2/oauth2/token", data=said, auth=auth)
            if answer.status_code in (400, 401):  # invalid_grant; X says invalid_request too.
                raise _revoked()
            if answer.status_code != 200:
                raise _busy(answer, "no")
            given = answer.json()
            return {**kept, **{name: str(given[name]) for name in ("access_token", "refresh_token")}}


@contextmanager
def _understood(lost: Literal["no", "maybe"]) -> Iterator[None]:
    """Every failure of a call as a TransportError that names no person, no text and no secret."""
    try:
        yield
    except tweepy.Unauthorized:
        raise _revoked() from None
    except tweepy.Forbidden as error:
        refused = _Forbidden(gettext("X does not allow this account to do that."), permanent=True, accepted="no")
        if "duplicate" in error.response.text.lower():
            said = gettext("X has the same text from this account already. Change the words.")
            refused = _Forbidden(said, permanent=True, accepted="no")
            refused.is_duplicate = True
        raise refused from None
    except (tweepy.TooManyRequests, tweepy.TwitterServerError) as error:
        raise _busy(error.response, "no" if error.response.status_code == 429 else lost) from None
    except tweepy.HTTPException as error:
        code = error.response.status_code
        if code == 402:
            said = gettext("X asks for credit: add some in its developer console.")
            raise TransportError(said, permanent=False, accepted="no") from None
        said = gettext("X refused it (%(code)s).", code=code)
        raise TransportError(said, permanent=code >= 400, accepted="no" if code >= 400 else lost) from None
    except requests.RequestException as error:
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        never_left = isinstance(reason, (NewConnectionError, ConnectTimeoutError))
        said = gettext("X could not be reached.") if never_left else gettext("X gave no answer.")
        raise TransportError(said, permanent=False, accepted="no" if never_left else lost) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TransportError(gettext("X gave an answer that makes no sense."), permanent=False, accepted=lost) from None


def _busy(answer: requests.Response, accepted: Literal["no", "maybe"]) -> TransportError:
    """A no for now, until the later of the two instants that X may name."""
    reset, after = answer.headers.get("x-rate-limit-reset", ""), answer.headers.get("retry-after", "")
    now = clock.utc_now()
    named = [datetime.fromtimestamp(int(reset), UTC)] if answer.status_code == 429 and reset.isdigit() else []
    named += [now + timedelta(seconds=int(after))] if after.isdigit() else []
    said = gettext("X asks to wait (%(code)s).", code=answer.status_code)
    later = max((at for at in named if at > now), default=None)
    return TransportError(said, permanent=False, accepted=accepted, retry_at=later)


def _revoked() -> TransportError:
    said = gettext("X lets this account in no more. Connect it again.")
    return TransportError(said, permanent=True, accepted="no", is_revoked=True)


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
        post["id"],
        "reply" if is_reply else "mention",
        f"@{author}",
        unescape(post["text"]),
        f"https://x.com/{author}/status/{post['id']}",
        datetime.fromisoformat(post["created_at"]),
        str(post.get("conversation_id", "")) if is_reply else "",
    )
