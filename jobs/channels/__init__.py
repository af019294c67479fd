"""Transports: the code that talks to the network of each kind of channel.

Law: one file per kind. A transport never writes a row and never retries by itself; it distinguishes a message that was
certainly not accepted from one that may have been.
"""

from collections.abc import Callable

from directory.settings import Settings
from jobs.channels.bluesky import BlueskyTransport
from jobs.channels.feed import FeedTransport
from jobs.channels.file import FileTransport
from jobs.channels.kit import KitTransport
from jobs.channels.mail import MailTransport
from jobs.channels.mastodon import MastodonTransport
from jobs.channels.smtp import SmtpTransport
from jobs.channels.transport import Account, Transport
from jobs.channels.x import XTransport

# How the transport of each kind is made; all else about a kind is in ``directory.outbox.channel_kind``.
TRANSPORTS: dict[str, Callable[[Account], Transport]] = {
    "file": FileTransport.of_account,
    "x": XTransport,
    "x_keys": XTransport,
    "mastodon": MastodonTransport,
    "bluesky": BlueskyTransport,
    "mail": lambda account: MailTransport(account, mail_transport(account.installation)),
    "feed": FeedTransport,
    "kit": KitTransport,
}


def transport_of(kind: str, account: Account) -> Transport:
    """Return the transport of a channel."""
    return TRANSPORTS[kind](account)


def mail_transport(settings: Settings) -> Transport:
    """Return the transport of mail: SMTP, or files ``mail/<key>.eml`` under GOODWORD_HOME for ``file://``."""
    if settings.mail_url == "file://":
        return FileTransport(settings.home / "mail", ".eml")
    return SmtpTransport(settings.mail_url)
