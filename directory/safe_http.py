"""Outgoing HTTP to an address that somebody typed: only to the public internet, only over TLS, nothing followed.

The name is resolved once, every answer is checked, and the connection goes to the address that was checked, so that a
name cannot point elsewhere a moment later.
"""

import socket
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

LOOPBACK_IS_ALLOWED = False  # a test that has a server of its own sets it, and nothing else does
TIMEOUT = (5, 10)  # seconds, to connect and for each piece of the answer
LARGEST = 4 * 1024 * 1024  # bytes of an answer
UNICAST = ip_network("2000::/3")  # with no room for NAT64, and for IPv4 written as IPv6
TUNNELS = (ip_network("2001::/23"), ip_network("2002::/16"))  # Teredo and 6to4 carry an IPv4 address that may be ours


def is_public(address: str) -> bool:
    """Whether it belongs to the internet rather than to this machine, its neighbours or nobody."""
    ip = ip_address(address)
    if LOOPBACK_IS_ALLOWED and ip.is_loopback:
        return True
    if isinstance(ip, IPv6Address) and (ip not in UNICAST or any(ip in tunnel for tunnel in TUNNELS)):
        return False
    return ip.is_global and not ip.is_multicast


def checked_address(host: str) -> str:
    """The IP address of ``host``. Raises OSError where it has none, or any that is not public."""
    found = [str(at[4][0]) for at in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    if not all(is_public(address) for address in found):
        raise OSError("not an address of the public internet")
    return found[0]


def origin_of(typed: str) -> str:
    """``https://host`` of a server as people write it, an account's whole name included. Raises ValueError.

    No port but that of the web: what listens on another is no business of who types an address.
    """
    parts = urlsplit(typed.strip() if "://" in typed else f"https://{typed.strip()}")
    is_allowed = parts.scheme == "https" and parts.port in (None, 443)
    is_allowed |= LOOPBACK_IS_ALLOWED and parts.scheme in ("https", "http")
    if not is_allowed or not parts.hostname or any(sign.isspace() for sign in parts.netloc):
        raise ValueError("not the address of a server")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


class _Checked:
    """A connection to the checked address; TLS still asks for the name."""

    def _new_conn(self: Any) -> socket.socket:
        name = self._dns_host
        try:
            self._dns_host = checked_address(name)
            return super()._new_conn()  # type: ignore[misc,no-any-return]
        except socket.gaierror as error:
            raise NameResolutionError(name, self, error) from error
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, str(error)) from error
        finally:
            self._dns_host = name


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = type("_Http", (_Checked, HTTPConnection), {})


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = type("_Https", (_Checked, HTTPSConnection), {})


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class SafeSession(requests.Session):
    """Asks once, in bounded time and size. Raises requests.RequestException as its parent does."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # a proxy would look the name up again, and a .netrc would sign in as somebody else
        self.adapters.clear()
        for scheme in ("https://", "http://") if LOOPBACK_IS_ALLOWED else ("https://",):
            self.mount(scheme, _Adapter(max_retries=0))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super().request(*args, **{**kwargs, "timeout": TIMEOUT, "allow_redirects": False, "stream": True})
        body = bytearray()
        with answer:
            for piece in answer.iter_content(2**16):
                body += piece
                if len(body) > LARGEST:
                    raise requests.ConnectionError("an answer without end")
        answer._content = bytes(body)
        return answer
