"""The goodword command: output, error output and exit codes."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner, Result
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cli import COMMANDS, main
from app.cli.database_access import alembic_config
from app.cli.piped_mail import MOST, read_piped_mail
from directory.db import connect
from directory.leads.lead import Lead
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOODWORD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    def invoke(*arguments: str, input: bytes | None = None) -> Result:
        return CliRunner().invoke(main, arguments, prog_name="goodword", catch_exceptions=False, input=input)

    return invoke


@pytest.fixture
def seeded(home: Path, demo_database: Path) -> Path:
    """A home with the demo network in it."""
    home.mkdir()
    shutil.copy(demo_database, home / "goodword.db")
    engine = connect(f"sqlite:///{home / 'goodword.db'}")
    command.stamp(alembic_config(engine), "head")
    engine.dispose()
    return home


def count(home: Path, table: type) -> int:
    engine = connect(f"sqlite:///{home / 'goodword.db'}")
    with Session(engine) as session:
        number = session.scalar(select(func.count()).select_from(table)) or 0
    engine.dispose()
    return number


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_every_command_has_a_help_page(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"goodword {name}" in result.output


def test_a_database_without_tables_gives_a_one_line_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text("key,name\na,Ada\n")
    for arguments in (("seed",), ("import", "businesses", str(tmp_path / "firms.csv"))):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == "Error: The database has not been migrated; run goodword db upgrade.\n"


def test_check_lists_the_settings_without_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOODWORD_SECRET_KEY", "s3cret" * 8)
    monkeypatch.setenv("GOODWORD_BROKER_URL", "redis://:hunter2@127.0.0.1:1/0")
    result = run("check")
    assert result.exit_code == 1
    assert "run goodword db upgrade" in result.stdout
    assert "not reachable" in result.stdout
    assert "[environment]" in result.stdout
    assert "s3cret" not in result.output
    assert "hunter2" not in result.output


def test_check_of_a_working_installation_exits_with_0(run: Run) -> None:
    run("db", "upgrade")
    assert run("check").exit_code == 0


def test_an_invalid_setting_exits_with_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOODWORD_COLOUR", "red")
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: GOODWORD_COLOUR: there is no such setting")


@pytest.mark.parametrize("arguments", [("nonsense",), ("import", "businesses", "nowhere.csv"), ("db", "revision")])
def test_wrong_usage_exits_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_an_unknown_revision_gives_an_error_message(run: Run) -> None:
    result = run("db", "upgrade", "--to", "nonsense")
    assert result.exit_code == 1
    assert "nonsense" in result.stderr


@pytest.mark.slow
def test_a_demo_database_is_not_seeded_again(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.seed.load_model", lambda: None)
    assert run("db", "upgrade").exit_code == 0
    assert run("seed").exit_code == 0
    result = run("seed")
    assert result.exit_code == 1
    assert "not empty" in result.stderr
    assert count(home, Business) == 62


def test_an_import_of_businesses_leaves_out_what_it_cannot_read(seeded: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "firms.csv"
    file.write_text("nr,name,capabilities\n1,One,WordPress\n2,=cmd(),\n")
    arguments = ("import", "businesses", str(file), "--map", "key=nr")
    assert "Nothing was changed" in run(*arguments, "--dry-run").stdout
    assert count(seeded, Business) == 62
    told = run(*arguments).stdout.splitlines()
    assert told[:2] == [
        "Columns: key = nr, name = name, capabilities = capabilities",
        "2 rows read: 1 added, 0 updated, 0 already there; 1 new claim.",
    ]
    assert "formula" in told[2]
    assert told[2].endswith("row 3")
    assert count(seeded, Business) == 63
    assert run("import", "businesses", str(file), "--map", "nr").exit_code == 2


def test_a_taxonomy_is_imported_beside_the_one_that_ships(
    seeded: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.taxonomy.load_model", lambda: None)
    file = tmp_path / "naics.csv"
    file.write_text("code,title\n54,Professional Services\n5415,Computer Systems Design\n")
    result = run("taxonomy", "import", str(file), "--scheme", "naics")
    assert result.stdout.startswith("2 rows read: 2 added, 0 updated.\nThere is no sentence model")
    assert count(seeded, Capability) == 452


@pytest.mark.slow
def test_as_a_process_the_command_writes_errors_to_stderr(home: Path) -> None:
    environ = {**os.environ, "GOODWORD_HOME": str(home)}
    for arguments, code in ((["--version"], 0), (["db", "upgrade"], 0), (["nonsense"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments], env=environ, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == code
        assert bool(done.stderr) == bool(code)


def test_members_are_imported_as_the_dry_run_told(seeded: Path, run: Run, tmp_path: Path) -> None:
    file, header = tmp_path / "members.csv", "Member;Contact;E-Mail;Phone;Address;Dues"
    whole = "Brook Roofing;Mr. Ansel Brook;ansel@x.example, a2@x.example;5205550141.0;1 Oak St, Mesa, AZ 85201;yes"
    file.write_text(f"{header}\n{whole}\nThorn Law;Ms. Rika Thorn;;(520) 555-0142;Mesa, AZ;no\n")
    arguments = ("import", "members", str(file), "--chapter", "old pueblo")
    before = count(seeded, Member)
    told = json.loads(run(*arguments, "--dry-run", "--json").stdout)
    assert count(seeded, Member) == before
    assert {field: column for field, column in told["columns"].items() if column} == {
        **{"name": "Contact", "firm": "Member", "email": "E-Mail"},
        **{"phone": "Phone", "city": "Address"},
    }
    assert told["rows"] == [
        {
            **{"row": 2, "name": "Ansel Brook", "mail": "ansel@x.example", "firm": "Brook Roofing"},
            **{"telephone": "(520) 555-0141", "place": "Mesa, AZ", "capabilities": [], "asks": []},
            "notes": ["Email: left out: a2@x.example"],
        }
    ]
    assert told["left_out"] == [{"row": 3, "why": "Enter where the invitation goes."}]
    assert "1 person is invited." in run(*arguments).stdout
    assert count(seeded, Member) == before + 1
    assert run("import", "members", str(file), "--chapter", "nowhere").exit_code == 1


def test_read_prints_one_object_a_line_and_a_line_costs_no_other(run: Run, seeded: Path) -> None:
    result = CliRunner().invoke(main, ("read", "-", "--lines"), input="a logo, not a new website\n\na bookkeeper\n")
    first, empty, last = (json.loads(line) for line in result.stdout.splitlines())
    assert [need["code"] for need in first["needs"]] == ["design.branding.logo"]
    assert [refusal["code"] for refusal in first["refused"]] == ["web.development"]
    assert set(empty) == {"error"}
    assert [need["code"] for need in last["needs"]] == ["accounting.bookkeeping"]


def test_leads_come_from_a_file_but_not_in_a_dry_run(run: Run, seeded: Path) -> None:
    file, before = seeded / "leads.csv", count(seeded, Lead)
    file.write_text("Request,Where\nTwo thousand printed menus,Tucson\nMenus printed two thousand,Tucson\n")
    for more, brought in (["--dry-run"], 0), ([], 1), ([], 1):
        result = run("import", "leads", str(file), "--as", "lena@okafor.example", *more)
        assert result.exit_code == 0, result.output
        assert "left out: 3" in result.output or "left out: 2, 3" in result.output
        assert count(seeded, Lead) == before + brought


def test_a_client_asks_by_mail(run: Run, seeded: Path) -> None:
    mail = b"From: Ann <ann@client.example>\r\nTo: ask+old-pueblo@goodword.example\r\n\r\nA new site, please."
    for content, says in (
        (mail, "Kept"),
        (b"Precedence: bulk\r\n" + mail, "No person wrote this"),
        (b"\xff\x00" * 600_000, "nothing to read"),
        (b"To: " + b":" * 2000 + b"\r\n" + mail, "for a person to read"),
    ):
        result = run("intake", input=content)
        assert (result.exit_code, says in result.output) == (0, True), result.output
        assert "ann" not in result.output.casefold()
    assert len([*(seeded / "intake" / "cur").iterdir()]) == 3


def test_a_stream_without_end_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            return len(buffer)

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
    assert len(read_piped_mail()) == MOST
