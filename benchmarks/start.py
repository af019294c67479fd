"""Measure the website's first half minute after a start, with ``goodword serve`` as its own processes.

Members are those of ``benchmarks.directory``. Twelve of them sign in, the server stops, and starts again. From its
first answer on, requests come at fixed times, whether or not those before were answered: Today, profiles, the list,
searches, the week, and a lead in twenty. A latency counts from the time at which its request was due.

    python -m benchmarks.start [--members 5000] [--rate 20] [--seconds 30] [--burst]

With ``--burst`` one member also posts 18 leads of 4,000 characters at once.

Prints JSON: seconds until the first answer, requests, errors, p50, p95 and the longest latency in milliseconds, of all
and by page, and the share of one processor that the server and this load generator took.
"""

import argparse
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from app import create_app
from app.accounts.account import create_account
from benchmarks.answers import leads
from benchmarks.directory import NOW, PASSWORD, fill
from directory.db import Base, connect, write_session
from directory.people.tables import Member
from directory.settings import load_settings

READERS, BURST = 12, 18
SHARES = {"today": 25, "profile": 30, "list": 15, "search": 15, "week": 10, "lead": 5}


def prepared(home: Path, members: int) -> tuple[list[str], list[str]]:
    """Fill the database of this home with members and accounts; return public ids, and texts of leads."""
    create_app(load_settings({"GOODWORD_HOME": str(home)}))  # declares the tables of accounts
    engine = connect(f"sqlite:///{home}/goodword.db")
    Base.metadata.create_all(engine)
    with write_session(engine) as session:
        fill(session, members)
    with write_session(engine) as session:
        people = session.scalars(select(Member).where(Member.is_active).order_by(Member.id)).all()
        for number, member in enumerate(people[: READERS * 50 : 50]):
            create_account(session, member=member, email=f"m{number}@firm.example", password=PASSWORD, now=NOW)
        ids, texts = [member.public_id for member in people], leads(session, 200, random.Random(0))
    engine.dispose()
    return ids, texts


@contextmanager
def served(home: Path, port: int) -> Iterator[tuple[int, float]]:
    """Run the website, and yield its process id and the seconds until it answered."""
    address = f"http://127.0.0.1:{port}"
    environ = {**os.environ, "GOODWORD_HOME": str(home), "GOODWORD_BASE_URL": address}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    began = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while True:
                try:
                    requests.get(f"{address}/sign-in", timeout=60)
                    break
                except requests.ConnectionError:
                    time.sleep(0.05)
            yield process.pid, time.perf_counter() - began
        finally:
            process.terminate()


def signed_in(address: str, number: int) -> requests.Session:
    browser = requests.Session()
    form = browser.get(f"{address}/sign-in", timeout=60).text
    fields = {"email": f"m{number}@firm.example", "password": PASSWORD, "csrf_token": _token(form)}
    answer = browser.post(f"{address}/sign-in", data=fields, allow_redirects=False, timeout=60)
    assert answer.status_code == 303, answer.status_code
    return browser


def _token(form: str) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form)
    assert found, "no form"
    return found[1]


def paths(ids: list[str], texts: list[str], count: int) -> list[tuple[str, str, dict[str, str]]]:
    """Return pages in a random order: the kind, the path and what is posted."""
    chance, chosen = random.Random(1), []
    for kind in chance.choices([*SHARES], [*SHARES.values()], k=count):
        text = chance.choice(texts)
        path = {
            "today": "/",
            "profile": f"/members/{chance.choice(ids)}",
            "list": f"/members?page={chance.randrange(1, 9)}",
            "search": f"/members?q={' '.join(text.split()[-4:])}",
            "week": "/week",
            "lead": "/leads/new",
        }[kind]
        chosen.append((kind, path, {"text": f"{text} {chance.random()}"} if kind == "lead" else {}))
    return chosen


def cpu_seconds(process: int) -> float:
    """Return the processor time of this process and its children so far."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    total = 0.0
    for one in (str(process), *children):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def percentiles(took: list[float]) -> dict[str, int]:
    cuts = statistics.quantiles(took, n=20, method="inclusive") if len(took) > 1 else took * 19
    return {"p50": round(1000 * cuts[9]), "p95": round(1000 * cuts[18]), "longest": round(1000 * max(took))}


def measure(
    home: Path, ids: list[str], texts: list[str], rate: float, seconds: float, has_burst: bool = False
) -> dict[str, Any]:
    """Sign people in, start the website again, and ask for pages; return what the docstring of this module says."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    took: defaultdict[str, list[float]] = defaultdict(list)
    errors: list[int] = []
    with served(home, port):
        readers = [signed_in(address, number) for number in range(READERS)]
        tokens = [_token(reader.get(f"{address}/leads/new", timeout=60).text) for reader in readers]
    cookies = [{name: value or "" for name, value in reader.cookies.get_dict().items()} for reader in readers]

    def ask(number: int, due: float, kind: str, path: str, fields: dict[str, str]) -> None:
        time.sleep(max(0.0, due - time.perf_counter()))
        reader = 1 + number % (READERS - 1)  # the first one brings the burst
        answer = requests.request(
            "POST" if fields else "GET",
            address + path,
            data={**fields, "csrf_token": tokens[reader]} if fields else None,
            cookies=cookies[reader],
            allow_redirects=False,
            timeout=120,
        )
        took[kind].append(time.perf_counter() - due)
        if answer.status_code not in (200, 303):
            errors.append(answer.status_code)

    def burst(_number: int) -> int:
        """Post a long lead as the first reader; return the status."""
        text = ", ".join(f"{random.choice(('seo', 'crm', 'logo'))} {random.randrange(10_000)}" for _ in range(360))
        fields = {"text": text[:4000], "csrf_token": tokens[0]}
        address_of_form = f"{address}/leads/new"
        return requests.post(
            address_of_form, data=fields, cookies=cookies[0], allow_redirects=False, timeout=120
        ).status_code

    with served(home, port) as (process, ready), ThreadPoolExecutor(200) as threads:
        server_began = cpu_seconds(process)
        began, cpu_began = time.perf_counter(), time.process_time()
        for number, page in enumerate(paths(ids, texts, int(rate * seconds))):
            threads.submit(ask, number, began + number / rate, *page)
        bursts = threads.map(burst, range(BURST if has_burst else 0))
        threads.shutdown()
        wall = time.perf_counter() - began
        return {
            "ready_s": round(ready, 1),
            "requests": sum(map(len, took.values())),
            "errors": errors,
            "burst": Counter(bursts),
            **percentiles([one for several in took.values() for one in several]),
            **{kind: percentiles(took[kind]) for kind in SHARES if took[kind]},
            "server_cpu_s": round(cpu_seconds(process) - server_began, 1),
            "server_cpu": round((cpu_seconds(process) - server_began) / wall, 2),
            "generator_cpu": round((time.process_time() - cpu_began) / wall, 2),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--burst", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ids, texts = prepared(Path(folder), arguments.members)
        line = measure(Path(folder), ids, texts, arguments.rate, arguments.seconds, arguments.burst)
    print(json.dumps({"members": arguments.members, **line}))


if __name__ == "__main__":
    main()
