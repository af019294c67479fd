"""``goodword demo``: seeds the demo network and runs website, worker and scheduler until Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import func, select

from app.accounts.account import create_account
from app.cli.database_access import open_engine, upgrade
from directory.clock import utc_now
from directory.db import new_public_id, write_session
from directory.people.tables import Member
from directory.seed import seed
from directory.seed.history import play_history
from directory.settings import Settings, load_settings

STORY = (
    "A client wants a company website the staff can edit themselves; he insists on WordPress. About $15,000, in Tucson."
)
ACCOUNTS = (
    ("nadia", "a member who brings leads"),
    ("bea", "her competitor, on paper"),
    ("lena", "the chapter lead of Old Pueblo"),
    ("ada", "the admin"),
)
START_SECONDS = 60


@click.command()
@click.option("--port", default=8000, show_default=True, help="Listen here; the next free one where it is taken.")
def demo(port: int) -> None:
    """Seed the demo network, start website, worker and scheduler on this machine, and show what it does."""
    port = _free_port(port)
    address = os.environ["GOODWORD_BASE_URL"] = f"http://127.0.0.1:{port}"
    settings = load_settings()
    log_ins = _prepare_log_ins(settings)
    with _run_in_background("serve", "--port", str(port)) as website, _run_in_background("worker") as worker:
        _wait_for(f"{address}/health/live", website, settings.home)
        click.echo(f"\nGoodword is open at {click.style(address, bold=True)}\n\nSign in as")
        for (key, description), log_in in zip(ACCOUNTS, log_ins, strict=True):
            click.echo(f"  {log_in['email']:<34} {log_in['password']:<18} {key.title()}, {description}")
        click.echo(f"\n{click.style('A lead that Nadia brings', bold=True)}\n  {STORY}\n")
        _run("suggest", STORY, "--from", "northlight", "--top", "1")
        click.echo(f"\n{click.style('The coming week', bold=True)}\n")
        _run("week", "--preview")
        click.echo("\nCtrl-C stops all of it.")
        _wait_until_stopped(website, worker)


def _prepare_log_ins(settings: Settings) -> list[dict[str, str]]:
    """Return the log-ins of the demo network.

    The first call seeds the network, plays its last weeks and writes the log-ins to a 0600 file.
    """
    path = settings.home / "demo-log-ins.json"
    upgrade()
    with open_engine() as engine, write_session(engine) as session:
        if session.scalar(select(func.count()).select_from(Member)) and path.exists():
            return list(json.loads(path.read_text(encoding="utf-8")))
        click.echo("Making the demo network and its last eight weeks, which takes about a minute…")
        now = utc_now()
        seed(session, now=now)
        play_history(session, settings=settings, now=now)
        log_ins = []
        for key, _ in ACCOUNTS:
            member = session.scalars(select(Member).where(Member.key == key)).one()
            log_in = {"email": f"{key}@{member.business.key}.example", "password": new_public_id()}
            create_account(session, member=member, **log_in, now=now)
            log_ins.append(log_in)
    path.touch(0o600)
    path.write_text(json.dumps(log_ins, indent=1), encoding="utf-8")
    return log_ins


def _free_port(first: int) -> int:
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise click.ClickException(f"Every port from {first} to {first + 99} is taken; name another one with --port.")


@contextmanager
def _run_in_background(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a goodword command in its own process group, logging to a file in the home, and end it with this block."""
    log = Path(os.environ.get("GOODWORD_HOME", "~/.goodword")).expanduser() / f"{arguments[0]}.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *arguments], stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(address: str, website: subprocess.Popen[bytes], home: Path) -> None:
    for _ in range(START_SECONDS * 10):
        try:
            with urllib.request.urlopen(address, timeout=1):  # noqa: S310 - our own address on loopback
                return
        except (urllib.error.URLError, OSError):
            if website.poll() is not None:
                break
            time.sleep(0.1)
    raise click.ClickException(f"The website did not start; {home / 'serve.log'} says why.")


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "app.cli", *arguments], check=True)


def _wait_until_stopped(*processes: subprocess.Popen[bytes]) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("\nGood-bye.")
    else:
        raise click.ClickException("A process ended by itself; the logs in the home folder say why.")
