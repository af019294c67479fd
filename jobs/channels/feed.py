"""Kind ``feed``: the page of the week's posts reads what is delivered, so that a post is there by being recorded."""

from jobs.channels.transport import Account, Checked, Message


class FeedTransport:
    """Nothing leaves the house, and nothing can fail."""

    def __init__(self, account: Account) -> None: ...

    def send(self, message: Message) -> str:
        """It is published with its row; the key by which readers know it."""
        return message.key

    def find(self, message: Message) -> str | None:
        """As ``send``: what was begun is finished by saying so."""
        return message.key

    def check(self) -> Checked:
        """It is always there."""
        return Checked("")
