"""A fake Bluesky server on loopback. It validates requests by the published lexicons, which come with lexrpc.

Unlike arroba's repository it has sessions that expire, pictures, and ``swapRecord: null``, which refuses to replace a
record. ``python -m tests.services.bluesky PORT`` runs it as a separate process.
"""

import sys
from itertools import count
from threading import Lock, Thread
from typing import Any, Self

from flask import Flask, request
from lexrpc.base import XrpcError
from lexrpc.flask_server import init_flask
from lexrpc.server import Server
from multiformats import CID, multihash
from werkzeug.serving import WSGIRequestHandler, make_server

DID, HANDLE, PASSWORD = "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "goodword.test", "abcd-secret-efgh"
BEA = {"did": "did:plc:44ybard66vv44zksje25o7dz", "handle": "bea.test"}
NOW = "2026-11-02T16:00:00.000Z"


def cid_of(content: bytes) -> CID:
    return CID("base32", 1, "raw", multihash.digest(content, "sha2-256"))


def no(name: str, status: int = 400) -> XrpcError:
    return XrpcError(name, name=name, status=status)


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Log nothing."""


class Bluesky:
    """``with Bluesky() as server: server.port``. Tests may read and change its attributes."""

    def __init__(self, port: int = 0) -> None:
        self.records: dict[str, dict[str, Any]] = {}  # by rkey
        self.blobs: dict[str, bytes] = {}
        self.said: list[dict[str, Any]] = []  # posts of others, newest first
        self.tokens: dict[str, str] = {}  # token -> purpose
        self.ended: set[str] = set()
        self.has_view = True
        self.password = PASSWORD
        self._number, self._lock = count(1), Lock()
        self._xrpc = Server(validate=True)
        app = Flask(__name__)
        for nsid, method in {
            "com.atproto.server.createSession": self.create,
            "com.atproto.server.refreshSession": self.refresh,
            "com.atproto.server.getSession": self.session,
            "com.atproto.repo.putRecord": self.put,
            "com.atproto.repo.getRecord": self.get,
            "com.atproto.repo.uploadBlob": self.upload,
            "app.bsky.notification.listNotifications": self.notifications,
            "app.bsky.feed.searchPosts": self.search,
        }.items():
            self._xrpc.register(nsid, method)
        init_flask(self._xrpc, app)
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
        self.port = self._server.server_port

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def end(self, *purposes: str) -> None:
        """Expire the tokens of these purposes."""
        self.ended |= {token for token, purpose in self.tokens.items() if purpose in purposes}

    def add_post(self, text: str, rkey: str, reason: str = "", parent: str = "") -> None:
        """Add a post by Bea."""
        uri = f"at://{BEA['did']}/app.bsky.feed.post/{rkey}"
        record: dict[str, Any] = {"$type": "app.bsky.feed.post", "text": text, "createdAt": NOW}
        if parent:
            place = {"uri": parent, "cid": cid_of(parent.encode()).encode("base32")}
            record["reply"] = {"root": place, "parent": place}
        post = {"uri": uri, "cid": cid_of(uri.encode()).encode("base32"), "author": BEA, "record": record}
        self.said.insert(0, {**post, "indexedAt": NOW, **({"reason": reason, "isRead": False} if reason else {})})

    def create(self, payload: dict[str, Any]) -> dict[str, Any]:
        if (payload["identifier"], payload["password"]) != (HANDLE, self.password):
            raise no("AuthenticationRequired", 401)
        return self._session()

    def refresh(self, payload: Any) -> dict[str, Any]:
        used = self._authorized("refresh")
        self.ended.add(used)
        return self._session()

    def session(self, payload: Any) -> dict[str, Any]:
        self._authorized("access")
        return {"did": DID, "handle": HANDLE}

    def put(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._authorized("access")
        self._xrpc.validate("app.bsky.feed.post", "record", payload["record"])
        with self._lock:
            there = self.records.get(payload["rkey"])
            if there is not None and there != payload["record"] and "swapRecord" in request.get_json():
                raise no("InvalidSwap")
            self.records[payload["rkey"]] = payload["record"]
        return self._place(payload["rkey"])

    def get(self, payload: Any, repo: str, collection: str, rkey: str) -> dict[str, Any]:
        if (repo, collection) != (DID, "app.bsky.feed.post") or rkey not in self.records:
            raise no("RecordNotFound")
        return {**self._place(rkey), "value": self.records[rkey]}

    def upload(self, payload: bytes) -> dict[str, Any]:
        self._authorized("access")
        cid = cid_of(payload)
        self.blobs[cid.encode("base32")] = payload
        blob = {"$type": "blob", "ref": cid, "mimeType": request.content_type, "size": len(payload)}
        return {"blob": blob}

    def notifications(self, payload: Any, **params: Any) -> dict[str, Any]:
        self._authorized("access")
        return {"notifications": self._view(lambda post: post.get("reason") in params["reasons"])}

    def search(self, payload: Any, q: str, **params: Any) -> dict[str, Any]:
        self._authorized("access")
        return {"posts": self._view(lambda post: q in post["record"]["text"] and "reason" not in post)}

    def _view(self, fits: Any) -> list[dict[str, Any]]:
        if not self.has_view:
            raise XrpcError("No service configured for it", name="InvalidRequest", status=400)  # as Bluesky's own does
        return [post for post in self.said if fits(post)]

    def _place(self, rkey: str) -> dict[str, Any]:
        uri = f"at://{DID}/app.bsky.feed.post/{rkey}"
        return {"uri": uri, "cid": cid_of(repr(self.records[rkey]).encode()).encode("base32")}

    def _session(self) -> dict[str, Any]:
        number = next(self._number)
        tokens = {f"{purpose}Jwt": f"secret-{purpose}-{number}" for purpose in ("access", "refresh")}
        self.tokens |= {token: name.removesuffix("Jwt") for name, token in tokens.items()}
        return {**tokens, "did": DID, "handle": HANDLE}

    def _authorized(self, purpose: str) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.ended:
            raise no("ExpiredToken")
        if self.tokens.get(token) != purpose:
            raise no("InvalidToken", 401 if purpose == "access" else 400)
        return token


if __name__ == "__main__":
    Bluesky(int(sys.argv[1]))._server.serve_forever()
