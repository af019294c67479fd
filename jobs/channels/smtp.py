"""Mail by SMTP, at most once. If the connection breaks when the server may have accepted it, a person decides."""

import re
import smtplib
import ssl
from email import message_from_bytes
from email.policy import EmailPolicy
from email.utils import getaddresses, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from jobs.channels.transport import AccountCheck, Message, TransportError

TIMEOUT = 20  # seconds, for each answer of the server
_IDENTIFIERS = frozenset({"list-unsubscribe", "list-unsubscribe-post", "message-id"})


class _MailPolicy(EmailPolicy):
    """The library's policy for SMTP, except that a header that holds an address in ASCII is written as it is.

    The library would write one that is longer than a line as an encoded word, which RFC 2369 and 5322 do not allow and
    mail programs do not follow.
    """

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}" if name.lower() in _IDENTIFIERS else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode() if name.lower() in _IDENTIFIERS else super().fold_binary(name, value)


MAIL_POLICY = _MailPolicy(linesep="\r\n")


class SmtpTransport:
    """One connection per mail: ``smtp://`` with STARTTLS if the server offers it, ``smtps://`` with TLS at once.

    A password is sent only over TLS.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.is_tls = parts.scheme == "smtps"
        self.host, self.port = parts.hostname or "", parts.port or (465 if self.is_tls else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")

    def send(self, message: Message) -> str:
        """Send the mail, whose payload includes its headers, and return its Message-ID."""
        mail = message_from_bytes(message.payload)
        sender, recipients = parseaddr(mail["From"])[1], [address for _, address in getaddresses([mail["To"]])]
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(_description(error), permanent=False, accepted="no") from None
        try:
            server.sendmail(sender, recipients, message.payload)  # byte by byte what was rendered
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            code, is_final = _refusal(error)
            raise TransportError(_description(error), permanent=is_final, accepted="no", refusal=code) from None
        except smtplib.SMTPSenderRefused as error:
            raise TransportError(_description(error), permanent=error.smtp_code >= 500, accepted="no") from None
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(_description(error), permanent=False, accepted="maybe") from None
        finally:
            server.close()
        return str(mail["Message-ID"])

    def find(self, message: Message) -> str | None:
        """Always raise a permanent TransportError: a mailbox cannot be searched."""
        raise TransportError("A mail cannot be looked up where it arrived.", permanent=True, accepted="maybe")

    def check(self) -> AccountCheck:
        """Connect, sign in and disconnect; return the server's host name."""
        try:
            self._connect().close()
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(_description(error), permanent=False, accepted="no") from None
        return AccountCheck(self.host)

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


def _refusal(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> tuple[str, bool]:
    """Return the server's code, such as "550 5.1.1", and whether every recipient got a 5xx; 4xx is worth a retry.

    No code where it asks us to authenticate: that is our fault, not the recipient's.
    """
    code: int
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = min(error.recipients.values())
    else:
        code, answer = error.smtp_code, error.smtp_error
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    status = re.match(r"[45]\.\d{1,3}\.\d{1,3}", text)
    is_ours = code in (530, 534, 535, 538)
    return "" if is_ours else f"{code} {status[0] if status else ''}".strip(), code >= 500


def _description(error: Exception) -> str:
    """Return a description of the error without the server's text, which may name people."""
    code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
    return f"The mail server did not take it ({type(error).__name__}{code})."
