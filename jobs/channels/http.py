"""HTTP to the networks: every answer is classified as accepted, certainly not accepted, or perhaps accepted."""

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
from jobs.channels.transport import Account, PictureRefused, TransportError

MAX_REFUSAL_BYTES = 4000  # kept of a refusal's body


class HttpRefused(TransportError):
    """A refusing HTTP answer: its status, the network's error code, and its text, which is never shown."""

    status, code, text = 0, "", ""


class NetworkSession(safe_http.SafeSession):
    """A session that returns 2xx answers only; all else raises TransportError without any text of the network."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            answer = super().request(*args, **kwargs)
        except (requests.RequestException, OSError, ValueError) as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            was_connected = not isinstance(reason, (ConnectTimeoutError, NewConnectionError))
            unreached = gettext("The network could not be reached, or did not answer in time.")
            raise TransportError(unreached, permanent=False, accepted="maybe" if was_connected else "no") from None
        if 200 <= answer.status_code < 300:
            return answer
        raise _refusal(answer)


@contextmanager
def classify_errors(accepted: Literal["no", "maybe"] | None = None, *also: type[Exception]) -> Iterator[None]:
    """Set ``accepted`` on every TransportError raised inside, unless it is None.

    Other errors inside mean an answer that makes no sense: they become a TransportError, accepted "maybe" by default.
    Name in ``also`` the errors of a library that wraps what a session raises.
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
        cause = error.__context__ if isinstance(error, also) else error
        if not isinstance(cause, TransportError):
            message = gettext("The network gave an answer we do not understand.")
            cause = TransportError(message, permanent=False, accepted="maybe")
        cause.accepted = accepted or cause.accepted
        raise cause from None


@contextmanager
def refuse_picture() -> Iterator[None]:
    """Turn a permanent refusal inside, which is an upload, into PictureRefused."""
    try:
        yield
    except TransportError as error:
        if error.permanent and not error.is_revoked:
            raise PictureRefused(str(error)) from None
        raise


def _refusal(answer: requests.Response) -> HttpRefused:
    status = answer.status_code
    message = gettext("The network refused it (%(status)s).", status=status)
    if status == 401:
        message = gettext("The network no longer lets this account in. Reconnect it.")
    elif status == 402:
        message = gettext("The network asks for credit: add some in its developer console.")
    is_uncertain = status == 408 or not 400 <= status < 500
    refused = HttpRefused(
        message,
        permanent=not is_uncertain and status not in (401, 402, 429),
        accepted="maybe" if is_uncertain else "no",
        retry_at=_retry_at(answer),
        is_revoked=status == 401,
    )
    refused.status, refused.text = status, answer.content[:MAX_REFUSAL_BYTES].decode(errors="replace")
    with suppress(LookupError, TypeError, ValueError):
        refused.code = str(answer.json()["error"])
    return refused


def _retry_at(answer: requests.Response) -> datetime | None:
    """Return when the network accepts more: the later of the two instants it may name, None if it names none."""
    named = []
    if answer.status_code in (429, 503):
        named.append(_instant(answer.headers.get("Retry-After", ""), clock.utc_now()))
    if answer.status_code == 429:  # Other answers carry these headers too, but were not refused for the limit.
        reset = answer.headers.get("X-RateLimit-Reset") or answer.headers.get("RateLimit-Reset", "")
        named.append(_instant(reset, datetime.fromtimestamp(0, UTC)))
    return max(filter(None, named), default=None)


def _instant(text: str, start: datetime) -> datetime | None:
    """Parse an instant: an ISO 8601 or RFC 5322 date, or seconds after ``start``. None if it is neither."""
    try:
        if text.isdigit():
            return start + timedelta(seconds=int(text))
        at = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def picture_of(account: Account, frozen: PostSnapshot, largest: int) -> tuple[bytes, str]:
    """Return a post's picture and its media type.

    Raises PictureRefused if the picture is gone or has more than ``largest`` bytes.
    """
    try:
        picture = files.read_file(account.installation.home, FOLDER, frozen.image)
    except FileNotFoundError:
        raise PictureRefused(gettext("This post’s picture is gone.")) from None
    if len(picture) > largest:
        raise PictureRefused(gettext("The picture is too large for it."))
    return picture, "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
