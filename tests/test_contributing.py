"""What CONTRIBUTING says of new things is so: as many files as it counts, each there, with the lists that it names."""

import re
from pathlib import Path

import pytest

from directory.outbox.mail import LETTERS
from jobs.schedule import JOBS
from matching.signals import SIGNALS

ROOT = Path(__file__).parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
THINGS = dict(re.findall(r"^## An? ([\w ]+)\n(.*?)(?=^## |\Z)", CONTRIBUTING, re.MULTILINE | re.DOTALL))
OLD = {  # what there is of a thing, by the name that its files carry
    "letter": {kind.name for kind in LETTERS},
    "job": {job.__module__.rpartition(".")[2] for job in JOBS},
    "signal": {signal.name for signal in SIGNALS},
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


def files(text: str) -> dict[str, list[Path]]:
    """Every path that ``text`` names, with the files it may mean; <name> is any."""
    paths = [path for code in re.findall(r"`([^`]+)`", text) for path in re.findall(r"[\w.<>*-]+/[\w./<>*-]*", code)]
    return {path: [*ROOT.glob(re.sub(r"<\w+>", "*", path))] for path in paths}


@pytest.mark.parametrize("thing", THINGS)
def test_a_new_thing_takes_as_many_files_as_it_counts(thing: str) -> None:
    count = re.search(r"\w+(?= files)", THINGS[thing])
    assert count
    assert len(re.findall(r"^\d\. ", THINGS[thing], re.MULTILINE)) == NUMBERS.index(count[0].lower())


def test_every_file_it_names_is_there() -> None:
    named = files(CONTRIBUTING)
    assert named
    assert [path for path, there in named.items() if not there] == []


@pytest.mark.parametrize("thing", THINGS)
def test_every_list_it_names_is_in_a_file_named_beside_it(thing: str) -> None:
    for item in re.split(r"^(?:\d\. |$)", THINGS[thing], flags=re.MULTILINE):
        there = [file for paths in files(item).values() for file in paths if file.is_file()]
        text = "\n".join(file.read_text(encoding="utf-8") for file in there)
        for name in re.findall(r"`([A-Z][A-Z_]+)`", item):
            assert re.search(rf"^{name}\b", text, re.MULTILINE), f"{name} is in none of {there}"


@pytest.mark.parametrize("thing", OLD)
def test_the_files_it_names_are_there_for_every_old_thing(thing: str) -> None:
    steps = "\n".join(re.findall(r"^\d\. .*", THINGS[thing], re.MULTILINE))
    paths = {path.replace("<name>", name) for path in files(steps) for name in OLD[thing]}
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
