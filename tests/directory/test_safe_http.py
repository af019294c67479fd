"""Outgoing HTTP reaches only the public internet."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from directory import safe_http


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b:1::10.0.0.1", "2002:7f00:1::"),
        *("192.88.99.1", "192.0.0.8", "192.31.196.1", "192.175.48.1", "3fff::1", "2620:4f:8000::1"),
        *("2001:0:7f00:1::", "2001:db8::1", "fe80::1%lo"),
    ],
)
def test_private_and_reserved_addresses_are_not_public(address: str) -> None:
    assert not safe_http.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"])
def test_internet_addresses_are_public(address: str) -> None:
    assert safe_http.is_public(address)


def test_a_host_with_any_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", (address, 0)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(OSError, match="public"):
        safe_http.checked_address("two.example")
    answers.pop()
    assert safe_http.checked_address("one.example") == "1.1.1.1"


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1", "https://localhost", "https://[::1]", "http://1.1.1.1", "file:///etc"]
)
def test_private_addresses_and_plain_http_are_refused(address: str) -> None:
    with pytest.raises(requests.RequestException):
        safe_http.SafeSession().get(address)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("mastodon.social", "https://mastodon.social"),
        (" https://Mastodon.Social/@me ", "https://mastodon.social"),
        ("@me@mastodon.social", "https://mastodon.social"),
        ("a.example:443/x?y", "https://a.example:443"),
    ],
)
def test_an_address_is_parsed_as_people_type_it(typed: str, origin: str) -> None:
    assert safe_http.origin_of(typed) == origin


@pytest.mark.parametrize(
    "typed", ["a.example:8443", "a.example:22", "http://a.example", "file://a.example", "a b.example"]
)
def test_a_server_is_reached_only_on_the_https_port(typed: str) -> None:
    with pytest.raises(ValueError, match="address of a server"):
        safe_http.origin_of(typed)


class Odd(BaseHTTPRequestHandler):
    hosts: list[str]

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        self.send_response(302 if self.path == "/elsewhere" else 200)
        self.send_header("Location", "/endless")
        self.end_headers()
        if self.path == "/endless":
            for _ in range(safe_http.MAX_RESPONSE_BYTES // 2**16 + 2):
                self.wfile.write(bytes(2**16))

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[str]]]:
    monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
    hosts: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OddDoor", (Odd,), {"hosts": hosts}))
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port, hosts
    server.shutdown()
    server.server_close()


def test_a_host_is_resolved_once_and_the_checked_address_is_used(
    odd: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = socket.getaddrinfo, []

    def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if asked.count(host) == 1 else "127.0.0.9", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert safe_http.SafeSession().get(f"http://rebinding.example:{odd[0]}/").status_code == 200
    assert asked.count("rebinding.example") == 1
    assert odd[1] == [f"rebinding.example:{odd[0]}"]


def test_redirects_are_not_followed_and_responses_are_limited_in_size(odd: tuple[int, list[str]]) -> None:
    assert safe_http.SafeSession().get(f"http://127.0.0.1:{odd[0]}/elsewhere").status_code == 302
    with pytest.raises(requests.ConnectionError):
        safe_http.SafeSession().get(f"http://127.0.0.1:{odd[0]}/endless")
