"""HTTP client for addresses that users type: public internet only, TLS only, without redirects or proxies.

A host name is resolved once, all its addresses are checked, and the connection uses the checked address, so that
the name cannot resolve to another address in between.
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

LOOPBACK_IS_ALLOWED = False  # set only by tests that run a server of their own
TIMEOUT = (5, 10)  # seconds: to connect, and to wait for each chunk of the response
MAX_RESPONSE_BYTES = 4 * 1024 * 1024
UNICAST = ip_network("2000::/3")  # without NAT64 and IPv4 written as IPv6
# What Python 3.11 takes for public: IPv4's special and former relay addresses, documentation, and AS112's sinks.
SPECIAL = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.175.48.0/24",
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
TUNNELS = (ip_network("2001::/23"), ip_network("2002::/16"))  # Teredo, 6to4: they hold an IPv4 address, maybe private


def is_public(address: str) -> bool:
    """Whether ``address`` is on the public internet, not on this machine, a private network or reserved."""
    ip = ip_address(address)
    if LOOPBACK_IS_ALLOWED and ip.is_loopback:
        return True
    if isinstance(ip, IPv6Address) and (ip not in UNICAST or any(ip in tunnel for tunnel in TUNNELS)):
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in SPECIAL)


def checked_address(host: str) -> str:
    """Return an IP address of ``host``. Raises OSError if it has none, or any that is not public."""
    addresses = [str(at[4][0]) for at in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    if not all(is_public(address) for address in addresses):
        raise OSError("not an address of the public internet")
    return addresses[0]


def origin_of(typed: str) -> str:
    """Return ``https://host`` for a server as a person types it, or for a full account name. Raises ValueError.

    Only the web's port is accepted: services on other ports must not be reachable by typing an address.
    """
    parts = urlsplit(typed.strip() if "://" in typed else f"https://{typed.strip()}")
    is_allowed = parts.scheme == "https" and parts.port in (None, 443)
    is_allowed |= LOOPBACK_IS_ALLOWED and parts.scheme in ("https", "http")
    if not is_allowed or not parts.hostname or any(character.isspace() for character in parts.netloc):
        raise ValueError("not the address of a server")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


class _Checked:
    """Mixin: a connection to the checked address; TLS still verifies the host name."""

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
    """A session that sends each request once, with limits on time and size. Raises requests.RequestException."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # a proxy would resolve the name again, and a .netrc would send other credentials
        self.adapters.clear()
        for scheme in ("https://", "http://") if LOOPBACK_IS_ALLOWED else ("https://",):
            self.mount(scheme, _Adapter(max_retries=0))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().request(*args, **{**kwargs, "timeout": TIMEOUT, "allow_redirects": False, "stream": True})
        body = bytearray()
        with response:
            for chunk in response.iter_content(2**16):
                body += chunk
                if len(body) > MAX_RESPONSE_BYTES:
                    raise requests.ConnectionError("the response is too large")
        response._content = bytes(body)
        return response
