"""A fault-injecting proxy on loopback: it drops, delays or refuses the requests that a test names.

It drops them before or after the server behind it has carried them out.
"""

import http.client
import sys
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

TIMEOUT = 20  # seconds for an answer of the server behind it
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Fault:
    """What happens to the next ``times`` requests whose method and path match.

    ``what`` is "before" or "after" (drop the connection before or after the request is carried out), "" (only delay
    it), or a status to answer with.
    """

    method: str
    path: str  # a part of it
    what: str | int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    delay: float = 0.0  # seconds, before anything else


class Proxy(ThreadingHTTPServer):
    """``with Proxy(port) as proxy: proxy.faults.append(Fault("POST", "/statuses", "after"))``"""

    daemon_threads = True

    def __init__(self, target: int, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Relay)
        self.target, self.faults, self.lock = target, list[Fault](), Lock()
        self.asked: list[str] = []  # "METHOD /path" of every request, in order

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def behind(self) -> str:
        return f"http://127.0.0.1:{self.target}"

    def fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            self.asked.append(f"{method} {path}")
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and fault.path in path:
                    fault.times -= 1
                    return fault
        return None

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors: faults make clients disconnect."""


class _Relay(BaseHTTPRequestHandler):
    server: Proxy

    def relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.fault(self.command, self.path)
        if fault is not None:
            time.sleep(fault.delay)
            if isinstance(fault.what, int):
                return self.give(fault.what, fault.headers, fault.body)
            if fault.what == "before":
                return self.hang_up()
        behind = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=TIMEOUT)
        behind.request(self.command, self.path, body, dict(self.headers))
        answer = behind.getresponse()
        content = answer.read()
        behind.close()
        if fault is not None and fault.what == "after":
            return self.hang_up()
        self.give(answer.status, dict(answer.getheaders()), content)

    do_GET = do_POST = do_PUT = do_DELETE = relay  # noqa: N815 - the names that http.server looks for

    def give(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


if __name__ == "__main__":
    Proxy(int(sys.argv[1]), int(sys.argv[2])).serve_forever()
