"""Mail by SMTP: at most once. A connection that breaks while the server may have taken it is for a person to judge."""

import smtplib
import ssl
from email import message_from_bytes
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

from jobs.channels.transport import Checked, Message, TransportError

TIMEOUT = 20  # seconds, for each answer of the server


class SmtpTransport:
    """One connection a mail: ``smtp://`` with STARTTLS where the server offers it, ``smtps://`` with TLS at once.

    A password is only sent over TLS.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.is_tls = parts.scheme == "smtps"
        self.host, self.port = parts.hostname or "", parts.port or (465 if self.is_tls else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")

    def send(self, message: Message) -> str:
        """Hand the mail, whole bytes with its headers, to the server; its Message-ID."""
        mail = message_from_bytes(message.payload, policy=SMTP)
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(_told(error), permanent=False, accepted="no") from None
        try:
            server.send_message(mail)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise TransportError(_told(error), permanent=_is_final(error), accepted="no") from None
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(_told(error), permanent=False, accepted="maybe") from None
        finally:
            server.close()
        return str(mail["Message-ID"])

    def find(self, message: Message) -> str | None:
        """Nobody can look into somebody's mailbox: always TransportError, for good."""
        raise TransportError("A mail cannot be looked up where it arrived.", permanent=True, accepted="maybe")

    def check(self) -> Checked:
        """Sign in, and leave again."""
        try:
            self._connect().close()
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(_told(error), permanent=False, accepted="no") from None
        return Checked(self.host)

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            server.ehlo_or_helo_if_needed()
            if not self.is_tls and server.has_extn("starttls"):
                server.starttls(context=context)
            if self.user:
                if not isinstance(server.sock, ssl.SSLSocket):
                    raise smtplib.SMTPNotSupportedError("no TLS")
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _is_final(error: smtplib.SMTPException) -> bool:
    """Whether the server said 5xx to everything; 4xx is worth another try."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _told(error: Exception) -> str:
    """What went wrong without what the server said, which names people."""
    code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
    return f"The mail server did not take it ({type(error).__name__}{code})."
