"""Load the website as its members do, with ``goodword serve`` as its own processes, and measure what they wait.

Members are those of ``benchmarks.directory``, with a weekly post in each chapter. A hundred of them read and write:
four requests of five read Today, profiles, the list, searches, the week and leads; one of five posts a form, with the
token that the form's page gave. Requests come at fixed times, on connections that are kept open, whether or not those
before were answered: a latency counts from the time at which its request was due. What the website refuses under load
(503) is counted apart.

    python -m benchmarks.load [--members 5000] [--database URL] [--rate 60 ...] [--seconds 30] [--start] [--burst]

Without ``--database`` it is SQLite; a PostgreSQL URL must name an empty database on this machine, which is filled. With
``--start`` the website starts again before each rate, and time runs from its first answer. With ``--burst`` one member
also posts 18 leads of 4,000 characters at once.

Prints a line of JSON for each rate: seconds until the first answer, requests, refusals and errors; p50, p95 and the
longest latency in milliseconds, of all that was answered, by page, and of refusals; processor time a request in
milliseconds; and the share of one processor that the website, PostgreSQL and this load generator took.
"""

import argparse
import json
import os
import random
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine, select, text
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from app import create_app
from app.accounts.tables import Account, AccountSession
from benchmarks.answers import leads
from benchmarks.directory import fill
from directory.clock import utc_now
from directory.db import Base, connect, write_session
from directory.people.tables import Member
from directory.secrets import hash_of
from directory.settings import load_settings
from directory.week.occurrence_planning import plan_occurrences

READERS, BURST, THREADS = 100, 18, 256
READS = {"today": 20, "profile": 24, "list": 12, "search": 12, "week": 7, "leads": 5}
WRITES = {"message": 5, "interaction": 5, "offer": 3, "lead": 3, "vouch": 2, "headline": 2}
REFUSED = 503
TOKEN = re.compile(rb'name="csrf_token"[^>]* value="([^"]+)"')


@dataclass(frozen=True)
class Network:
    """What is asked for: the cookies and names of the readers, members' public ids, and texts of leads."""

    readers: list[tuple[str, str]]
    ids: list[str]
    texts: list[str]


@dataclass
class Visitor:
    """A reader's browser: the connections to the website, the cookie, the name, and the token of forms."""

    site: HTTPConnectionPool
    cookie: str
    name: str
    token: str = ""

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Return the status and the body, as it was sent; 0 if there was no answer."""
        headers = {"Cookie": f"goodword={self.cookie}", "Accept-Encoding": "br, gzip" if self.token else "identity"}
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({**fields, "csrf_token": self.token})
        method = "GET" if body is None else "POST"
        try:
            answer = self.site.urlopen(
                method, path, body, headers, retries=False, redirect=False, timeout=120, decode_content=False
            )
        except HTTPError:
            return 0, b""
        return answer.status, answer.data

    def read_form(self) -> None:
        """Keep the token of a form's page."""
        status, page = self.ask("/leads/new")
        found = TOKEN.search(page)
        assert status == 200, status
        assert found, page
        self.token = found[1].decode()


def prepared(engine: Engine, members: int) -> Network:
    """Fill the empty database with members, the coming posts of their chapters, and signed-in readers."""
    now = utc_now()
    with write_session(engine) as session:
        fill(session, members)
    with write_session(engine) as session:
        plan_occurrences(session, now=now)
        people = session.scalars(select(Member).where(Member.is_active).order_by(Member.id)).all()
        readers = []
        for member in people[:: max(1, len(people) // READERS)][:READERS]:
            member.arrived_at, member.email = member.joined_at, f"m{member.id}@firm.example"
            token = secrets.token_urlsafe(32)
            times = {"began_at": now, "seen_at": now, "expires_at": now + timedelta(days=1)}
            account = Account(member=member)
            session.add(AccountSession(token_hash=hash_of(token), account=account, content="{}", **times))
            readers.append((token, member.name))
        return Network(readers, [member.public_id for member in people], leads(session, 200, random.Random(0)))


@contextmanager
def served(home: Path, database: str) -> Iterator[tuple[int, HTTPConnectionPool, float]]:
    """Run the website; yield its process id, connections to it, and the seconds until it answered."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"HOME": str(home), "BASE_URL": f"http://127.0.0.1:{port}", "DATABASE_URL": database}
    environ = {**os.environ, **{f"GOODWORD_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    site = HTTPConnectionPool("127.0.0.1", port, maxsize=THREADS)
    began = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while Visitor(site, "", "").ask("/sign-in")[0] != 200:
                time.sleep(0.05)
            yield process.pid, site, time.perf_counter() - began
        finally:
            process.terminate()


def requests(network: Network, count: int, chance: random.Random) -> Iterator[tuple[str, str, dict[str, str] | None]]:
    """Yield requests in a random order: the kind, the path and, of a form, its fields without the reader's own."""
    shares = READS | WRITES
    for kind in chance.choices([*shares], [*shares.values()], k=count):
        words, person = chance.choice(network.texts), f"/members/{chance.choice(network.ids)}"
        unique = f"{words} {chance.random()}"
        paths: dict[str, tuple[str, dict[str, str] | None]] = {
            "today": ("/", None),
            "profile": (person, None),
            "list": (f"/members?page={chance.randrange(1, 9)}", None),
            "search": (f"/members?{urlencode({'q': ' '.join(words.split()[-4:])})}", None),
            "week": ("/week", None),
            "leads": ("/leads", None),
            "message": (f"{person}/message", {"text": unique}),
            "interaction": (f"{person}/interactions", {"kind": "met", "year": "2024", "note": words[:80]}),
            "offer": ("/offers", {"text": unique[-200:]}),
            "lead": ("/leads/new", {"text": unique}),
            "vouch": (f"{person}/vouches/new", {"text": unique, "known_as": "We shared an office."}),
            "headline": ("/profile/person", {"person-headline": unique[-100:]}),
        }
        yield kind, *paths[kind]


def long_lead(chance: random.Random) -> str:
    return ", ".join(f"{chance.choice(('seo', 'crm', 'logo'))} {chance.randrange(10_000)}" for _ in range(360))[:4000]


def cpu_seconds(process: int) -> float:
    """Return the processor time of this process and its children so far, those that ended included."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    total = 0.0
    for one in (str(process), *children):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def postmaster(engine: Engine) -> int | None:
    """Return the process id of a PostgreSQL on this machine, None for SQLite."""
    if engine.dialect.name == "sqlite":
        return None
    with engine.connect() as connection:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def percentiles(took: Sequence[float]) -> dict[str, int]:
    cuts = statistics.quantiles(took, n=20, method="inclusive") if len(took) > 1 else [*took] * 19
    return {"p50": round(1000 * cuts[9]), "p95": round(1000 * cuts[18]), "longest": round(1000 * max(took))}


def measure(
    website: tuple[int, HTTPConnectionPool, float],
    network: Network,
    visitors: list[Visitor],
    *,
    rate: float,
    seconds: float,
    database: int | None,
    has_burst: bool = False,
) -> dict[str, Any]:
    """Send requests at this rate for some seconds; return what the docstring of this module says."""
    took: defaultdict[str, list[float]] = defaultdict(list)
    refused: list[float] = []
    errors: Counter[str] = Counter()
    process, site, ready = website
    visitors = [replace(visitor, site=site) for visitor in visitors]

    def send(number: int, due: float, kind: str, path: str, fields: dict[str, str] | None) -> None:
        time.sleep(max(0.0, due - time.perf_counter()))
        visitor = visitors[1 + number % (len(visitors) - 1)]  # the first one brings the burst
        status, _body = visitor.ask(path, {**fields, "person-name": visitor.name} if fields else None)
        passed = time.perf_counter() - due
        if status == REFUSED:
            refused.append(passed)
            return
        took[kind].append(passed)
        if status != (303 if fields else 200):
            errors[f"{kind} {status}"] += 1

    def spent() -> dict[str, float]:
        both = {"website": cpu_seconds(process), "generator": time.process_time()}
        return both | ({"postgresql": cpu_seconds(database)} if database else {})

    chance = random.Random(rate)
    with ThreadPoolExecutor(THREADS) as threads:
        before, began = spent(), time.perf_counter()
        for number, request in enumerate(requests(network, int(rate * seconds), chance)):
            threads.submit(send, number, began + number / rate, *request)
        burst: Callable[[int], int] = lambda _: visitors[0].ask("/leads/new", {"text": long_lead(chance)})[0]  # noqa: E731
        bursts = threads.map(burst, range(BURST if has_burst else 0))
        threads.shutdown()
    wall = time.perf_counter() - began
    shares = {name: value - before[name] for name, value in spent().items()}
    answered = [one for several in took.values() for one in several]
    return {
        "rate": rate,
        "ready_s": round(ready, 1),
        "answered": len(answered),
        "refused": len(refused),
        "errors": errors,
        **({"burst": Counter(bursts)} if has_burst else {}),
        **percentiles(answered),
        **{kind: percentiles(took[kind]) for kind in READS | WRITES if took[kind]},
        **({"refusals": percentiles(refused)} if refused else {}),
        "cpu_ms": {name: round(1000 * value / len(answered), 1) for name, value in shares.items()},
        "cpu": {name: round(value / wall, 2) for name, value in shares.items()},
        "load_average": os.getloadavg()[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=5_000)
    parser.add_argument("--database", default="")
    parser.add_argument("--rate", type=float, nargs="+", default=[60])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--burst", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home, url = Path(folder), arguments.database or f"sqlite:///{folder}/goodword.db"
        create_app(load_settings({"GOODWORD_HOME": folder}))  # declares the tables of accounts
        engine = connect(url)
        Base.metadata.create_all(engine)
        network, database = prepared(engine, arguments.members), postmaster(engine)
        engine.dispose()
        url, rates = engine.url.render_as_string(hide_password=False), [*arguments.rate]
        terms = {"seconds": arguments.seconds, "database": database, "has_burst": arguments.burst}
        while rates:
            with served(home, url) as website:
                visitors = [Visitor(website[1], *reader) for reader in network.readers]
                for visitor in visitors:
                    visitor.read_form()
                while rates and not arguments.start:
                    print_line(arguments, measure(website, network, visitors, rate=rates.pop(0), **terms))
            if arguments.start:
                with served(home, url) as website:
                    print_line(arguments, measure(website, network, visitors, rate=rates.pop(0), **terms))


def print_line(arguments: argparse.Namespace, line: dict[str, Any]) -> None:
    database = arguments.database.partition(":")[0] or "sqlite"
    print(json.dumps({"members": arguments.members, "database": database, **line}), flush=True)


if __name__ == "__main__":
    main()
