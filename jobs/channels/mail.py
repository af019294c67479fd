"""Kind ``mail``: the week's post as one mail to a mailing list, sent at most once, since it cannot be looked up."""

from email.message import EmailMessage
from hashlib import sha256
from urllib.parse import quote

from directory.outbox.post_snapshot import PostSnapshot
from directory.translation import gettext
from jobs.channels.http import classify_errors, picture_of
from jobs.channels.smtp import MAIL_POLICY
from jobs.channels.transport import Account, AccountCheck, Message, Transport

LARGEST_PICTURE = 5_000_000  # bytes
URI_SIGNS = ":/?#[]@!$&'()*+,;=%~"  # that may stand in a URI unquoted


class MailTransport:
    """Composes the mail and sends it by ``carrier``, the transport of all mail of the installation."""

    def __init__(self, account: Account, carrier: Transport) -> None:
        self.account, self.carrier = account, carrier

    def send(self, message: Message) -> str:
        """Send the mail and return the carrier's id for it: its Message-ID, or a file name."""
        with classify_errors("no"):
            mail = self._mail(message)
        return self.carrier.send(Message(message.key, mail))

    def find(self, message: Message) -> str | None:
        """Return the carrier's id for the mail, if the carrier can find it."""
        return self.carrier.find(message)

    def check(self) -> AccountCheck:
        """Check that the carrier accepts mail, and return the list's address."""
        self.carrier.check()
        return AccountCheck(str(self.account.settings.get("address", "")))

    def _mail(self, message: Message) -> bytes:
        frozen, settings = PostSnapshot.from_bytes(message.payload), self.account.settings
        sender = self.account.installation.mail_from
        name, domain = sha256(message.key.encode()).hexdigest()[:32], sender.rpartition("@")[2].rstrip(">")
        mail = EmailMessage(policy=MAIL_POLICY)
        mail["From"], mail["To"], mail["Date"] = sender, settings["address"], frozen.at
        mail["Subject"] = gettext(
            "%(chapter)s: the week of %(day)s", chapter=frozen.chapter, day=frozen.day or frozen.on
        )
        mail["Message-ID"] = f"<{name}@{domain}>"
        mail["List-Id"] = f"{frozen.chapter.replace('<', '').replace('>', '')} <{frozen.channel}.{domain}>"
        if unsubscribe := settings.get("unsubscribe"):
            address = unsubscribe if "://" in unsubscribe else f"mailto:{unsubscribe}"
            mail["List-Unsubscribe"] = f"<{quote(address, safe=URI_SIGNS)}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(frozen.text + "\n")
        if frozen.image:
            picture, media_type = picture_of(self.account, frozen, LARGEST_PICTURE)
            main, _, sub = media_type.partition("/")
            mail.add_attachment(picture, main, sub, disposition="inline", filename=f"{name}.{sub}")
            *_, part = mail.iter_parts()
            part["Content-Description"] = frozen.alt
            mail.set_boundary(name)
        return mail.as_bytes()
