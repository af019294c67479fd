"""Every kind of channel is complete: a failure names the file and what is missing in it."""

import re
from pathlib import Path

import pytest

from directory.outbox.channel_kind import CHANNEL_KINDS, ChannelKind
from jobs.channels import TRANSPORTS
from tests.jobs.channels.platforms import STAND_INS

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
UNSENT = {"feed", "kit"}  # they send nothing over a network; test_contract.py tests each by itself


@pytest.mark.parametrize("kind", CHANNEL_KINDS, ids=lambda kind: kind.kind)
def test_a_kind_has_everything_that_its_declaration_requires(kind: ChannelKind) -> None:
    name, transport, heading = kind.kind, TRANSPORTS.get(kind.kind), kind.label.partition(",")[0]
    is_whole = {
        f"jobs/channels/__init__.py: TRANSPORTS lacks '{name}'.": transport is not None,
        f"jobs/channels/{name}.py: what is_heard has 'listen', and nothing else.": (
            hasattr(transport, "listen") == kind.is_heard
        ),
        f"jobs/channels/{name}.py: what can_revoke has 'revoke'.": hasattr(transport, "revoke") or not kind.can_revoke,
        f"tests/jobs/channels/platforms.py: STAND_INS lacks '{name}'.": name in STAND_INS or name in UNSENT,
        f"docs/channels.md: it has no section '{heading}'.": f"\n## {heading}" in DOCS,
    }
    lacks = [what for what, is_there in is_whole.items() if not is_there]
    assert not lacks, "\n".join(["The kind is not whole.", *lacks])


def test_no_transport_or_test_server_lacks_a_declared_kind() -> None:
    kinds = [kind.kind for kind in CHANNEL_KINDS]
    assert set(TRANSPORTS) <= set(kinds)
    assert set(STAND_INS) | UNSENT <= set(kinds)


def test_contributing_names_the_files_of_a_kind() -> None:
    said = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## A channel")[2].partition("\n## ")[0]
    steps = re.findall(r"^\d\. `([^`]+)`", said, re.MULTILINE)
    rooms = ("app", "directory", "jobs", "templates")
    sources = [path for room in rooms for kind in ("*.py", "*.html") for path in (ROOT / room).rglob(kind)]
    know = [path for path in sources if '"bluesky"' in path.read_text(encoding="utf-8")]
    own = {
        "jobs/channels/bluesky.py",
        "tests/jobs/channels/platforms.py",
        "tests/jobs/channels/test_bluesky.py",
        "docs/channels.md",
    }
    assert {step.replace("<kind>", "bluesky") for step in steps} == own | {str(path.relative_to(ROOT)) for path in know}
