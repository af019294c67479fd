"""Kind ``kit``: a closed group, which lets no program in. A person posts there by hand, and says so."""

from directory.translation import gettext
from jobs.channels.transport import Account, Checked, Message, TransportError


class KitTransport:
    """Sends nothing: its deliveries wait for a person, and no worker should have asked."""

    def __init__(self, account: Account) -> None:
        self.group = str(account.settings.get("address", ""))

    def send(self, message: Message) -> str:
        """Always TransportError, for good."""
        by_hand = gettext("A person posts this by hand, and says so on its page.")
        raise TransportError(by_hand, permanent=True, accepted="no")

    def find(self, message: Message) -> str | None:
        """Always TransportError, for good: only a person can look."""
        only = gettext("Only a person in the group can see whether it is there.")
        raise TransportError(only, permanent=True, accepted="maybe")

    def check(self) -> Checked:
        """There is nothing to sign in to; which group it is."""
        return Checked(self.group)
