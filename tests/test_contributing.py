"""What CONTRIBUTING says of a new thing is so: the files are there, for each old one, and hold what it names."""

import re
from pathlib import Path

import pytest

from directory.outbox.mail import LETTERS
from jobs.schedule import JOBS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## An? (\w+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
THINGS = {"letter": {kind.name for kind in LETTERS}, "job": {job.__module__.rpartition(".")[2] for job in JOBS}}


@pytest.mark.parametrize("thing", THINGS)
def test_the_files_that_it_names_for_a_new_thing_are_there_for_every_old_one(thing: str) -> None:
    named = set(re.findall(r"`(\w+/[\w/<>]*(?:\.\w+)?)`", SECTIONS[thing]))
    assert named
    paths = {path.replace("<name>", name) for path in named for name in THINGS[thing]}
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("thing", THINGS)
def test_what_it_names_in_capitals_stands_in_a_file_that_it_names(thing: str) -> None:
    names = set(re.findall(r"`([A-Z_]{4,})`", SECTIONS[thing]))
    paths = re.findall(r"\b([\w/]+\.py)\b", SECTIONS[thing])
    code = "\n".join((ROOT / path).read_text(encoding="utf-8") for path in paths)
    assert [name for name in sorted(names) if not re.search(rf"^{name}\b", code, re.MULTILINE)] == []
