"""The README is correct: its links, commands, settings and make targets exist."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from app.cli import COMMANDS
from directory.settings import PREFIX, SETTINGS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_it_begins_with_two_commands_a_picture_and_the_map() -> None:
    places = [README.index(mark) for mark in ("make demo", "make test", "![", "## The map of the house")]
    assert places == sorted(places)


def test_every_file_it_links_exists() -> None:
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_every_make_target_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"`?make ([a-z]+)`?", README))
    assert {"demo", "test", "check"} <= targets
    assert not [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)]


def test_it_lists_every_setting() -> None:
    assert re.findall(rf"^\| `{PREFIX}(\w+)`", README, re.MULTILINE) == [setting.name for setting in SETTINGS]


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"\bgoodword ([a-z]+)\b", "\n".join(BLOCKS)))
    assert named
    assert named <= {name for name, _, _ in COMMANDS}


@pytest.mark.slow
def test_its_commands_import_real_firms_and_answer_a_lead(tmp_path: Path, real_data: Path) -> None:
    blocks = [block for block in BLOCKS if "import businesses" in block]
    commands = "\n".join(line for block in blocks for line in block.splitlines() if not line.startswith("export"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=ROOT,
        env={
            "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "DATA": str(real_data),
            "GOODWORD_HOME": str(tmp_path),
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "3,025" in done.stdout.replace("3025", "3,025")
    assert len(re.findall(r"\((?:strong|good|possible)\)", done.stdout)) > 1
    shown = BLOCKS[BLOCKS.index(blocks[0]) + 1]
    assert "They write" in shown
    assert [line for line in shown.splitlines() if line not in done.stdout] == []
