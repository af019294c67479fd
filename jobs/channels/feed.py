"""Kind ``feed``: the feed page reads delivered posts from the database, so recording a delivery publishes it."""

from jobs.channels.transport import Account, AccountCheck, Message


class FeedTransport:
    """Calls no network and cannot fail."""

    def __init__(self, account: Account) -> None: ...

    def send(self, message: Message) -> str:
        """Return the message's key, by which readers know it; its row publishes it."""
        return message.key

    def find(self, message: Message) -> str | None:
        """Return the key, as ``send`` does: an interrupted delivery is complete once it is recorded."""
        return message.key

    def check(self) -> AccountCheck:
        """Return an empty name: there is no account to check."""
        return AccountCheck("")
