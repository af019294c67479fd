"""The way out to the networks: every answer is sorted into there, certainly not there, and perhaps there."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from directory import clock, files, safe_http
from directory.outbox.post_snapshot import FOLDER, PostSnapshot
from directory.translation import gettext
from jobs.channels.transport import Account, TransportError


class HttpRefused(TransportError):
    """An answer that is a no, with its status, the network's own short word for it, and its sentence, never shown."""

    status, code, sentence = 0, "", ""


class NetworkSession(safe_http.SafeSession):
    """Returns good answers only; everything else is a TransportError without a word of what the network said."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            answer = super().request(*args, **kwargs)
        except (requests.RequestException, OSError, ValueError) as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            was_begun = not isinstance(reason, (ConnectTimeoutError, NewConnectionError))
            unreached = gettext("The network could not be reached, or did not answer in time.")
            raise TransportError(unreached, permanent=False, accepted="maybe" if was_begun else "no") from None
        if 200 <= answer.status_code < 300:
            return answer
        raise _refusal(answer)


@contextmanager
def classify_errors(accepted: Literal["no", "maybe"] | None = None, *also: type[Exception]) -> Iterator[None]:
    """Say ``accepted`` of every failure inside, where it is known, and fail alike on an answer that makes no sense.

    A library that wraps what a Session raises has its errors named in ``also``.
    """
    caught: tuple[type[Exception], ...] = (
        TransportError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        *also,
    )
    try:
        yield
    except caught as error:
        told = error.__context__ if isinstance(error, also) else error
        if not isinstance(told, TransportError):
            odd = gettext("The network answered with something that is not understood.")
            told = TransportError(odd, permanent=False, accepted="maybe")
        told.accepted = accepted or told.accepted
        raise told from None


def _refusal(answer: requests.Response) -> HttpRefused:
    status = answer.status_code
    told = gettext("The network refused it (%(status)s).", status=status)
    if status == 401:
        told = gettext("The network lets this account in no more. Connect it again.")
    may_be_there, is_lasting = status >= 500 or status == 408, status < 500 and status not in (401, 408, 429)
    accepted: Literal["no", "maybe"] = "maybe" if may_be_there else "no"
    until = _reset(answer.headers) if status in (429, 503) else None
    refused = HttpRefused(told, permanent=is_lasting, accepted=accepted, retry_at=until, is_revoked=status == 401)
    refused.status = status
    with suppress(LookupError, TypeError, ValueError):
        refused.code = str(answer.json()["error"])
        refused.sentence = str(answer.json()["message"])
    return refused


def _reset(headers: Any) -> datetime | None:
    """When the network takes more, as each of them says it: in seconds, as a date, or since 1970."""
    wait = str(headers.get("Retry-After", ""))
    until = str(headers.get("X-RateLimit-Reset") or headers.get("RateLimit-Reset") or "")
    try:
        if wait.isdigit():
            return clock.utc_now() + timedelta(seconds=int(wait))
        stamp = datetime.fromtimestamp(int(until), UTC) if until.isdigit() and not wait else None
        at = stamp or (parsedate_to_datetime(wait) if wait else datetime.fromisoformat(until))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):  # the last for a year that the machine cannot count to
        return None


def picture_of(account: Account, frozen: PostSnapshot, largest: int) -> tuple[bytes, str]:
    """The picture of a post and its media type."""
    try:
        picture = files.read_file(account.home, FOLDER, frozen.image)
    except FileNotFoundError:
        raise TransportError(gettext("The picture of this post is gone."), permanent=True, accepted="no") from None
    if len(picture) > largest:
        raise TransportError(gettext("The picture is too large for it."), permanent=True, accepted="no")
    return picture, "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
