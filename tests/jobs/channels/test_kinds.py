"""A kind of channel is whole: what its declaration needs is there, and a failure names the file and what it lacks."""

import pytest

from directory.outbox.channel_kind import CHANNEL_KINDS, ChannelKind
from jobs.channels import TRANSPORTS
from tests.jobs.channels.platforms import STAND_INS

UNSENT = {"feed", "kit"}  # nothing of theirs leaves the house; test_contract.py tries each by itself


@pytest.mark.parametrize("kind", CHANNEL_KINDS, ids=lambda kind: kind.kind)
def test_a_kind_is_whole(kind: ChannelKind) -> None:
    name, transport = kind.kind, TRANSPORTS.get(kind.kind)
    assert transport, f"jobs/channels/__init__.py: TRANSPORTS lacks '{name}'."
    assert name in STAND_INS or name in UNSENT, f"tests/jobs/channels/platforms.py: STAND_INS lacks '{name}'."
    assert hasattr(transport, "listen") == kind.is_heard, f"is_heard of '{name}': its transport needs 'listen', or not."
    assert hasattr(transport, "leave") or not kind.can_revoke, f"can_revoke of '{name}': its transport lacks 'leave'."


def test_nothing_is_left_of_a_kind_that_is_not_declared() -> None:
    kinds = [kind.kind for kind in CHANNEL_KINDS]
    assert list(TRANSPORTS) == kinds
    assert {*STAND_INS, *UNSENT} == set(kinds)
