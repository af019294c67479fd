"""Kind ``kit``: a closed group that admits no program. A person posts there by hand and confirms it."""

from directory.translation import gettext
from jobs.channels.transport import Account, AccountCheck, Message, TransportError


class KitTransport:
    """Sends nothing: its deliveries wait for a person, and no worker should call it."""

    def __init__(self, account: Account) -> None:
        self.group = str(account.settings.get("address", ""))

    def send(self, message: Message) -> str:
        """Always raise a permanent TransportError."""
        by_hand = gettext("A person posts this by hand, and says so on its page.")
        raise TransportError(by_hand, permanent=True, accepted="no")

    def find(self, message: Message) -> str | None:
        """Always raise a permanent TransportError: only a person can look."""
        reason = gettext("Only a person in the group can see whether it is there.")
        raise TransportError(reason, permanent=True, accepted="maybe")

    def check(self) -> AccountCheck:
        """Return the group's address. There is nothing to sign in to."""
        return AccountCheck(self.group)
