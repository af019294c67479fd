"""Sentences of reasons: every variant of every signal's sentence matches the golden text."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from directory.engine.firm_sentences import FirmSentence, TextSource
from directory.engine.reason_text import SENTENCES, Names, sentence
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability, CapabilityKind
from matching.inputs import FACT_KINDS
from matching.signals import SIGNALS
from tests.golden import golden

TODAY = date(2026, 11, 2)
DAY = date(2024, 5, 6).toordinal()
DATED = (TextSource.STORY, TextSource.WORK)
NORTHLIGHT, BRAMBLE, COPPER = 1, 2, 3
NIA, BEA, CARLA = 11, 12, 13
WEB, WORDPRESS = 21, 22

SAID = {
    source.value: FirmSentence("Neon.", source, date.fromordinal(DAY) if source in DATED else None)
    for source in TextSource
}

# For each signal the values that its sentence depends on; all combinations are written.
CASES: dict[str, dict[str, tuple[Any, ...]]] = {
    "fit": {
        "need": (WORDPRESS,),
        "capability": (WORDPRESS, WEB),
        "level": ("says", "claimed", "vouched", "evidenced"),
        "count": (1, 3),
        "day": (DAY,),
    },
    "trust": {
        "own": (False, True),
        "known": ("known", "unknown"),
        "member": (BEA,),
        "path": (1, 2, 3, 0),
        "through": (CARLA, None),
        "fact": (
            None,
            *({"start": NIA, "end": BEA, "kind": kind, "forward": True, "day": DAY} for kind in ("worked", "vouch")),
            *({"start": CARLA, "end": BEA, "kind": kind, "forward": True, "day": DAY} for kind in FACT_KINDS[:5]),
        ),
        "band": (3, 0),
    },
    "competence": {"need": (WEB,), "member": (BEA,), "own": (False, True), "band": (0, 3), "evidence": (0, 1, 2)},
    "place": {"where": ("city", "region", "remote", "elsewhere", "unknown")},
    "budget": {"low": (90_000, None), "high": (500_000, None), "currency": ("USD",)},
    "capacity": {"free_on": (0, TODAY.toordinal() + 9), "room": (None, 0, 1)},
    "freshness": {"capability": (WEB,), "day": (DAY, 0)},
    "reciprocity": {"prime": (NORTHLIGHT, COPPER, None), "got": (0, 1, 2), "gave": (0, 1), "day": (DAY,)},
    "statement": {"need": (WEB,), "sentence": (None, "gone", *SAID), "is_against": (False, True)},
    "hands": {"open": (0, 1, 2), "partners": (0, 1, 2)},
}


@pytest.fixture
def names() -> Names:
    """Nia of Northlight Studio reads."""
    firms = {NORTHLIGHT: "Northlight Studio", BRAMBLE: "Bramble & Co", COPPER: "Copper State Print"}
    people = {NIA: "Nia Sandoval", BEA: "Bea Lindqvist", CARLA: "Carla Ruiz"}
    nodes = {WEB: "Web development", WORDPRESS: "WordPress"}
    return Names(
        {id: Business(id=id, name=name, city="Tucson", region="AZ") for id, name in firms.items()},
        {id: Member(id=id, name=name) for id, name in people.items()},
        {id: Capability(id=id, name=name, kind=CapabilityKind.SERVICE) for id, name in nodes.items()},
        NIA,
        NORTHLIGHT,
        TODAY,
        said={(firm, digest): said for firm in firms for digest, said in SAID.items()},
    )


def test_every_signal_has_its_sentence_and_its_cases() -> None:
    signals = {signal.name for signal in SIGNALS}
    assert not signals - SENTENCES.keys(), "SENTENCES of directory/engine/reason_text.py lacks a signal"
    assert not SENTENCES.keys() - CASES.keys(), "CASES of this module lacks a signal"


def test_the_sentences_match_their_golden_text(names: Names) -> None:
    lines = []
    for signal, values in CASES.items():
        lines.append(f"{signal}:")
        for business, *case in product((BRAMBLE, NORTHLIGHT), *values.values()):
            data = dict(zip(values, case, strict=True))
            reason = {"signal": signal, "business": business, "data": data, "contribution": 0.1, "strength": 0.4}
            text = sentence(reason, names)
            line = f"  {text.text}{'' if text.is_news else ' (not shown as news)'}"
            if line not in lines:
                lines.append(line)
    assert "\n".join(lines) == golden("reasons", "\n".join(lines))
