"""A fake X server on loopback: stateful, it refuses what X refuses, and misbehaves if a test asks it to.

With the published API description, openapi-core validates every request and answer. As a separate process:
``python -m tests.services.x PORT --tape FILE``; ``/control`` then takes faults and returns counts.
"""

import gzip
import json
import os
import re
import signal
import sys
import time
import unicodedata
from argparse import ArgumentParser
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from oauthlib.common import Request as SignedRequest
from oauthlib.oauth1.rfc5849.signature import collect_parameters, verify_hmac_sha1
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from directory import clock

ME, NAME = "1001", "network"
CLIENT = {"client_id": "the-client", "client_secret": "the-client's-secret"}
TOKENS = {"access_token": "access-0", "refresh_token": "refresh-0"}
KEYS = {name: f"{name}-1" for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")}
LASTS = timedelta(hours=2)
WINDOW = timedelta(minutes=15)
MAX_LENGTH = 280
EPOCH = 1288834974657  # of X's ids, in milliseconds
ADDRESS = re.compile(r"https?://[^\s]+|\b[\w-]+\.(?:com|org|net|example)\b")
PATHS = ("/2/tweets", "/2/users/me", "/2/users/{id}/tweets", "/2/users/{id}/mentions", "/2/media/upload")
PATHS += ("/2/media/metadata",)
Answer = tuple[int, dict[str, Any]]


class Refusal(Exception):
    """An answer that is not 2xx."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code, self.said = code, said


class FakeX:
    """The server's posts, pictures and tokens. ``faults`` are pairs of a path and what happens to its next request.

    A fault is a status, ``drop_before`` or ``drop_after`` (drop the connection before or after the request is carried
    out), ``slow`` (carry it out after ``pause`` seconds) or ``expire`` (expire all access tokens first). The server
    accepts ``most`` posts in 15 minutes.
    """

    def __init__(
        self,
        *,
        tape: Path | None = None,
        description: Path | None = None,
        most: int = 100,
        allows_duplicates: bool = False,
    ) -> None:
        self.tape, self.most, self.allows_duplicates = tape, most, allows_duplicates
        self.pause, self.lock = 0.5, Lock()
        self.description = Description(description) if description else None
        self.posts: list[dict[str, Any]] = []
        self.pictures: dict[str, dict[str, Any]] = {}
        self.faults: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.refreshed = 0
        self.codes: dict[str, str] = {}
        self.ends = {TOKENS["access_token"]: clock.utc_now() + LASTS}
        self.refresh_token = TOKENS["refresh_token"]

    def expire(self) -> None:
        """Expire all access tokens."""
        self.ends.clear()

    def revoke(self) -> None:
        """Revoke the app's permission, as the account's owner can."""
        self.ends.clear()
        self.refresh_token = ""

    def agree(self, address: str) -> dict[str, str]:
        """Return the parameters with which the browser comes back when the owner agrees on X's page."""
        asked = dict(parse_qsl(urlsplit(address).query))
        self.codes["a-code"] = asked["code_challenge"]
        return {"state": asked["state"], "code": "a-code"}

    def add(self, author: str, text: str, **more: Any) -> str:
        """Add a post and return its id."""
        at = clock.utc_now()
        post_id = str((int(at.timestamp() * 1000) - EPOCH) << 22 | len(self.posts))
        post = {"id": post_id, "author_id": author, "text": text, "created_at": at, **more}
        if self.tape:
            with self.tape.open("a") as file:
                file.write(json.dumps({"id": post_id, "text": text}) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self.posts.append(post)
        return post_id

    def answer(self, method: str, address: str, body: bytes, authorization: str) -> Answer:
        """Return the answer to a request. Raises Refusal."""
        path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query))
        if path == "/2/oauth2/token":
            return 200, self._token(dict(parse_qsl(body.decode())), authorization)
        if path == "/2/oauth2/revoke":
            assert dict(parse_qsl(body.decode()))["token"] in self.ends
            self.revoke()
            return 200, {"revoked": True}
        self._let_in(method, address, authorization)
        said = json.loads(body) if body else {}
        match method, path.split("/")[2:]:
            case "POST", ["tweets"]:
                return 201, {"data": self._post(said)}
            case "POST", ["media", "upload"]:
                media = str(7000 + len(self.pictures))
                self.pictures[media] = {"bytes": b64decode(said["media"], validate=True), "alt": ""}
                return 200, {"data": {"id": media, "media_key": f"3_{media}"}}
            case "POST", ["media", "metadata"]:
                self.pictures[said["id"]]["alt"] = said["metadata"]["alt_text"]["text"]
                return 200, {"data": {"id": said["id"]}}
            case "GET", ["users", "me"]:
                return 200, {"data": {"id": ME, "name": "The network", "username": NAME}}
            case "GET", ["users", _, "tweets"]:
                return 200, self._listed([post for post in self.posts if post["author_id"] == ME], query)
            case "GET", ["users", _, "mentions"]:
                return 200, self._listed([post for post in self.posts if f"@{NAME}" in post["text"]], query)
        raise Refusal(404, "Not Found")

    def _token(self, said: dict[str, str], authorization: str) -> dict[str, Any]:
        basic = b64encode(":".join(CLIENT.values()).encode()).decode()
        if authorization != f"Basic {basic}" or said.get("client_id") != CLIENT["client_id"]:
            raise Refusal(401, "unauthorized_client")
        if said["grant_type"] == "refresh_token":
            if said["refresh_token"] != self.refresh_token:
                raise Refusal(400, "invalid_grant")
            self.refreshed += 1
        else:
            challenge = urlsafe_b64encode(sha256(said["code_verifier"].encode()).digest()).decode().rstrip("=")
            if self.codes.pop(said["code"], None) != challenge:
                raise Refusal(400, "invalid_request")
        access, self.refresh_token = f"access-{len(self.asked)}", f"refresh-{len(self.asked)}"
        self.ends[access] = clock.utc_now() + LASTS
        given = {"access_token": access, "refresh_token": self.refresh_token}
        return {**given, "token_type": "bearer", "expires_in": int(LASTS.total_seconds())}

    def _let_in(self, method: str, address: str, authorization: str) -> None:
        if authorization.startswith("OAuth "):
            signed, parts = SignedRequest(address, method), {"headers": {"Authorization": authorization}}
            signed.params = collect_parameters(uri_query=urlsplit(address).query, **parts)
            signed.signature = dict(collect_parameters(exclude_oauth_signature=False, **parts))["oauth_signature"]
            if verify_hmac_sha1(signed, KEYS["consumer_secret"], KEYS["access_token_secret"]):
                return
        elif self.ends.get(authorization.removeprefix("Bearer "), clock.utc_now()) > clock.utc_now():
            return
        raise Refusal(401, "Unauthorized")

    def _post(self, said: dict[str, Any]) -> dict[str, Any]:
        text = unicodedata.normalize("NFC", said["text"]).strip()
        lately, ours = clock.utc_now() - WINDOW, [post for post in self.posts if post["author_id"] == ME]
        if sum(post["created_at"] > lately for post in ours) >= self.most:
            raise Refusal(429, "Too Many Requests")
        if len(ADDRESS.sub("a" * 23, text)) > MAX_LENGTH:
            raise Refusal(403, "Your Tweet text is too long.")
        if not self.allows_duplicates and text in [post["text"] for post in ours]:
            raise Refusal(403, "You are not allowed to create a Tweet with duplicate content.")
        media = said.get("media", {}).get("media_ids", [])
        if not set(media) <= set(self.pictures):
            raise Refusal(400, "Your media IDs are invalid.")
        return {"id": self.add(ME, text, media=media), "text": self._shown(text, media)}

    def _listed(self, posts: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        start = datetime.fromisoformat(query.get("start_time", "2010-11-06T00:00:00Z"))
        since, begin = int(query.get("since_id", 0)), int(query.get("pagination_token", 0))
        found = [post for post in posts if post["created_at"] >= start and int(post["id"]) > since][::-1]
        end = begin + int(query["max_results"])
        shown = [
            {
                "id": post["id"],
                "text": self._shown(post["text"], post.get("media", [])),
                "author_id": post["author_id"],
                "created_at": f"{post['created_at']:%Y-%m-%dT%H:%M:%S.000Z}",
                "conversation_id": post.get("about", post["id"]),
                **({"in_reply_to_user_id": ME} if "about" in post else {}),
            }
            for post in found[begin:end]
        ]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if end < len(found):
            meta["next_token"] = str(end)
        writers = sorted({post["author_id"] for post in found[begin:end]})
        users = [{"id": user, "name": user, "username": NAME if user == ME else f"user{user}"} for user in writers]
        return {"meta": meta, **({"data": shown, "includes": {"users": users}} if shown else {})}

    def _shown(self, text: str, media: list[str]) -> str:
        links = [f"https://t.co/{sha256(picture.encode()).hexdigest()[:10]}" for picture in media]
        short = ADDRESS.sub(lambda found: f"https://t.co/{sha256(found[0].encode()).hexdigest()[:10]}", text)
        return " ".join([escape(short, quote=False), *links])


@cache
class Description:
    """The published API description of the paths we use. It refuses query parameters that it does not name."""

    def __init__(self, path: Path) -> None:
        said = json.loads(gzip.decompress(path.read_bytes()))
        said["paths"] = {path: said["paths"][path] for path in PATHS}
        self.names: dict[str, set[str]] = {}
        shared = said["components"]["parameters"]
        for path, method, asked in ((path, *each) for path, of in said["paths"].items() for each in of.items()):
            asked.pop("security")  # The fake server checks the authorization itself.
            listed = [shared.get(each.get("$ref", "").split("/")[-1], each) for each in asked.get("parameters", [])]
            self.names[f"{method} {path}"] = {each["name"] for each in listed if each["in"] == "query"}
        self.rules = OpenAPI.from_dict(said, config=Config(spec_validator_cls=None))

    def judge(self, method: str, address: str, body: bytes, answered: Answer | None = None) -> None:
        """Raise Refusal if the request, or the answer to it, does not match the description."""
        path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query))
        described = re.sub(r"/users/\d+/", "/users/{id}/", path)
        if unknown := set(query) - self.names.get(f"{method.lower()} {described}", set()):
            raise Refusal(400, f"The query parameter {unknown} is not known.")
        asked = MockRequest("https://api.x.com", method.lower(), path, args=query, data=body or None)
        try:
            if answered is None:
                self.rules.validate_request(asked)
            else:
                data = json.dumps(answered[1]).encode()
                self.rules.validate_response(asked, MockResponse(data, answered[0], content_type="application/json"))
        except OpenAPIError as error:
            raise Refusal(400, f"{error}: {error.__cause__}") from error


class Door(BaseHTTPRequestHandler):
    """One connection to the fake server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms between its head and its body
    fake: FakeX

    def do_GET(self) -> None:
        self.meet(b"")

    def do_POST(self) -> None:
        self.meet(self.rfile.read(int(self.headers["Content-Length"])))

    def meet(self, body: bytes) -> None:
        fake, path = self.fake, urlsplit(self.path).path
        if path == "/control":
            fake.faults += [(where, what) for where, what in json.loads(body or b"[]")]
            return self.reply(200, {"posts": len(fake.posts), "refreshed": fake.refreshed})
        with fake.lock:
            fake.asked.append(f"{self.command} {path}")
            fault = next((each for each in fake.faults if each[0] == path), (path, ""))
            if fault[1]:
                fake.faults.remove(fault)
        if fault[1] == "slow":
            time.sleep(fake.pause)
        if fault[1] == "drop_before":
            return self.drop()
        if fault[1] == "expire":
            fake.expire()
        try:
            if fault[1].isdigit():
                raise Refusal(int(fault[1]), "as the test asked")
            code, said = self.carried_out(body)
        except Refusal as refusal:
            code, said = refusal.code, {"title": refusal.said, "detail": refusal.said, "status": refusal.code}
        if fault[1] == "drop_after":
            return self.drop()
        self.reply(code, said)

    def carried_out(self, body: bytes) -> Answer:
        fake, address = self.fake, f"http://{self.headers['Host']}{self.path}"
        judged = fake.description if not self.path.startswith("/2/oauth2") else None
        if judged:
            judged.judge(self.command, address, body)
        with fake.lock:
            answered = fake.answer(self.command, address, body, self.headers.get("Authorization", ""))
        if judged:
            judged.judge(self.command, address, body, answered)
        return answered

    def drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(SHUT_RDWR)

    def reply(self, code: int, said: dict[str, Any]) -> None:
        data = json.dumps(said).encode()
        self.send_response(code)
        reset = int((clock.utc_now() + WINDOW).timestamp())
        for name, value in (("limit", self.fake.most), ("reset", reset)):
            self.send_header(f"x-rate-limit-{name}", str(value))
        if 300 <= code < 400:
            self.send_header("Location", self.path)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        with suppress(ConnectionError):  # The client may have disconnected after its timeout.
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(fake: FakeX, port: int = 0) -> Iterator[str]:
    """Run the fake server in threads of this process; yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", port), type("FakeDoor", (Door,), {"fake": fake}))
    server.daemon_threads, server.block_on_close = True, False
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--tape", type=Path)
    parser.add_argument("--description", type=Path)
    parser.add_argument("--most", type=int, default=sys.maxsize)
    parser.add_argument("--allows-duplicates", action="store_true")  # for the control run
    chosen = vars(parser.parse_args())
    with serving(FakeX(**{name: value for name, value in chosen.items() if name != "port"}), chosen["port"]) as where:
        sys.stdout.write(f"{where}\n")
        sys.stdout.flush()
        signal.pause()
