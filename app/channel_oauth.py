"""Hand-shakes: a network asks its owner whether this site may post, and gives the secrets that let it.

``begin`` says where to send the browser and what its session must keep; ``finish`` is given what was kept and what the
network answered with, believes it once and within LASTS, and returns the secrets of the channel.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple
from urllib.parse import urlencode

import requests

from directory import safe_http
from directory.errors import Invalid
from directory.secrets import new_token
from directory.translation import gettext

LASTS = timedelta(minutes=10)

X_PAGE, X_API = "https://x.com", "https://api.x.com"
X_SCOPES = "tweet.read tweet.write users.read media.write offline.access"
MASTODON_SCOPES = "read:accounts read:statuses read:notifications write:statuses write:media"

Fields = Mapping[str, str]  # the kind's fields as the person filled them in, secret ones too


class Handshake(NamedTuple):
    """How one kind does it; ``begin`` returns an address and what it wants kept besides."""

    begin: Callable[[Fields, str, str], tuple[str, dict[str, str]]]  # fields, redirect_uri, state
    finish: Callable[[Fields, Fields, str], dict[str, str]]  # fields, stored, code


def begin(kind: str, fields: Fields, redirect_uri: str, *, now: datetime) -> tuple[str, dict[str, str]]:
    """The address to send the browser to, and what its session must keep, out of the browser's sight."""
    state = new_token()
    address, stored = dict(HANDSHAKES)[kind].begin(fields, redirect_uri, state)
    return address, {**stored, "state": state, "redirect_uri": redirect_uri, "until": (now + LASTS).isoformat()}


def finish(kind: str, fields: Fields, stored: Fields, answer: Fields, *, now: datetime) -> dict[str, str]:
    """The secrets of the account. ``kept`` must be forgotten before this is called, so that it counts once.

    Raises Invalid when the answer is forged, late or a no, and when the network refuses.
    """
    is_ours = compare_digest(stored.get("state", "").encode(), answer.get("state", "").encode())
    if not stored.get("state") or not is_ours or now > datetime.fromisoformat(stored["until"]):
        raise Invalid(gettext("That answer does not belong to a connection you just started. Start again."))
    if not answer.get("code"):
        raise Invalid(gettext("You did not allow the connection there, so nothing was connected."))
    return dict(HANDSHAKES)[kind].finish(fields, stored, answer["code"])


def _begin_x(fields: Fields, redirect_uri: str, state: str) -> tuple[str, dict[str, str]]:
    verifier = new_token()
    parameters = {
        "response_type": "code",
        "client_id": fields["client_id"],
        "redirect_uri": redirect_uri,
        "scope": X_SCOPES,
        "state": state,
        "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return f"{X_PAGE}/i/oauth2/authorize?{urlencode(parameters)}", {"verifier": verifier}


def _finish_x(fields: Fields, stored: Fields, code: str) -> dict[str, str]:
    parameters = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": stored["redirect_uri"],
        "code_verifier": stored["verifier"],
        "client_id": fields["client_id"],
    }
    secret = fields.get("client_secret", "")
    try:
        known = (fields["client_id"], secret) if secret else None
        answer = safe_http.SafeSession().post(f"{X_API}/2/oauth2/token", data=parameters, auth=known)
        answer.raise_for_status()
        given = answer.json()
        return {"client_secret": secret, **{name: str(given[name]) for name in ("access_token", "refresh_token")}}
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        if isinstance(error, requests.HTTPError) and answer.status_code in (400, 401):
            refused = gettext("X did not accept the client ID and secret. Copy both again, and start over.")
            raise Invalid(refused, field="client_id") from None
        raise Invalid(gettext("X could not answer just now. Start again in a few minutes.")) from None


def _begin_mastodon(fields: Fields, redirect_uri: str, state: str) -> tuple[str, dict[str, str]]:
    app = {"client_name": "Goodword", "redirect_uris": redirect_uri, "scopes": MASTODON_SCOPES}
    stored = _mastodon(fields, "/api/v1/apps", app, "client_id", "client_secret")
    parameters = {
        "response_type": "code",
        "client_id": stored["client_id"],
        "redirect_uri": redirect_uri,
        "scope": MASTODON_SCOPES,
        "state": state,
    }
    return f"{safe_http.origin_of(fields['address'])}/oauth/authorize?{urlencode(parameters)}", stored


def _finish_mastodon(fields: Fields, stored: Fields, code: str) -> dict[str, str]:
    parameters = {name: stored[name] for name in ("client_id", "client_secret", "redirect_uri")}
    parameters |= {"grant_type": "authorization_code", "code": code, "scope": MASTODON_SCOPES}
    return _mastodon(fields, "/oauth/token", parameters, "access_token")


def _mastodon(fields: Fields, path: str, parameters: dict[str, str], *names: str) -> dict[str, str]:
    """What a server that a person named gives under these names. Raises Invalid."""
    try:
        answer = safe_http.SafeSession().post(safe_http.origin_of(fields["address"]) + path, data=parameters)
        answer.raise_for_status()
        given = answer.json()
        return {name: str(given[name]) for name in names}
    except (requests.RequestException, OSError, LookupError, TypeError, ValueError, RecursionError):
        refused = gettext(
            "The server did not let Goodword in. Enter its name, such as mastodon.social, and start again."
        )
        raise Invalid(refused, field="address") from None


HANDSHAKES: tuple[tuple[str, Handshake], ...] = (
    ("x", Handshake(_begin_x, _finish_x)),
    ("mastodon", Handshake(_begin_mastodon, _finish_mastodon)),
)
