"""``goodword week`` previews and posts the week, run as processes on a home of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def home(demo_database: Path, tmp_path: Path) -> Path:
    (tmp_path / "goodword.db").write_bytes(demo_database.read_bytes())
    return tmp_path


def goodword(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "week", *arguments],
        env={**os.environ, "GOODWORD_HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_previewed_post_is_sent_once_however_often_week_is_run(home: Path) -> None:
    (seen,) = json.loads(goodword(home, "--at", "2026-11-03T16:00Z", "--chapter", "old-pueblo", "--json").stdout)
    assert not list(home.glob("posts/*/*"))
    due = ("--run", "--at", "2026-11-04T16:00Z", "--chapter", "old-pueblo", "--json")
    for _ in range(2):
        run = goodword(home, *due)
        (done,) = json.loads(run.stdout)
        assert run.returncode == 0, run.stderr
        assert [(post["text"], post["state"]) for post in done["posts"]] == [(seen["posts"][0]["text"], "delivered")]
    (path,) = home.glob("posts/*/*.json")
    assert json.loads(path.read_bytes())["text"] == seen["posts"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--at", "2026-11-04T16:00"), "say the zone too"),
        (("--at", "soon"), "write an instant such as"),
        (("--chapter", "nowhere"), "No chapter is called 'nowhere'; there are old-pueblo, valley, high-country."),
    ],
)
def test_an_invalid_option_gives_an_error_message(home: Path, arguments: tuple[str, ...], message: str) -> None:
    answer = goodword(home, *arguments)
    assert answer.returncode != 0
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_restored_older_database_posts_nothing_until_the_stop_is_lifted(home: Path) -> None:
    older = (home / "goodword.db").read_bytes()
    due = ("--run", "--at", "2026-11-04T16:00Z", "--chapter", "old-pueblo", "--json")
    assert goodword(home, *due).returncode == 0
    (post,) = home.glob("posts/*/*.json")
    for path in home.glob("goodword.db*"):
        path.unlink()
    (home / "goodword.db").write_bytes(older)
    again = goodword(home, *due)
    assert "Nothing is posted until" in goodword(home).stderr
    assert list(home.glob("posts/*/*.json")) == [post], again.stderr
    goodword(home, "--let-go", "new", "--at", "2026-11-04T16:05Z")
    later = goodword(home, "--run", "--at", "2026-11-04T16:06Z", "--chapter", "old-pueblo", "--json")
    assert later.stderr.count("Nothing is posted until") == 0
    assert list(home.glob("posts/*/*.json")) == [post]
    (turn,) = json.loads(later.stdout)
    assert "restored from a backup" in turn["skipped"]
