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

LONGEST = 4000  # bytes that are kept of a refusal


class HttpRefused(TransportError):
    """An answer that is a no, with its status, the network's own short word for it, and its text, never shown."""

    status, code, text = 0, "", ""


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
    elif status == 402:
        told = gettext("The network asks for credit: add some in its developer console.")
    may_be_there = status == 408 or not 400 <= status < 500
    refused = HttpRefused(
        told,
        permanent=not may_be_there and status not in (401, 402, 429),
        accepted="maybe" if may_be_there else "no",
        retry_at=_retry_at(answer),
        is_revoked=status == 401,
    )
    refused.status, refused.text = status, answer.content[:LONGEST].decode(errors="replace")
    with suppress(LookupError, TypeError, ValueError):
        refused.code = str(answer.json()["error"])
    return refused


def _retry_at(answer: requests.Response) -> datetime | None:
    """When the network takes more: the later of the two instants that it may name."""
    named = []
    if answer.status_code in (429, 503):
        named.append(_instant(answer.headers.get("Retry-After", ""), clock.utc_now()))
    if answer.status_code == 429:  # Elsewhere the limit is told of, but is not what keeps us out.
        reset = answer.headers.get("X-RateLimit-Reset") or answer.headers.get("RateLimit-Reset", "")
        named.append(_instant(reset, datetime.fromtimestamp(0, UTC)))
    return max(filter(None, named), default=None)


def _instant(said: str, start: datetime) -> datetime | None:
    """An instant as each network writes it: a date, or so many seconds after ``start``."""
    try:
        if said.isdigit():
            return start + timedelta(seconds=int(said))
        at = datetime.fromisoformat(said) if said[:1].isdigit() else parsedate_to_datetime(said)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
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
