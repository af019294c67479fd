"""The contract of all signals, and what each of them prefers."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from matching.inputs import Statements
from matching.outputs import Known
from matching.score_blend import BUSINESS_DEVELOPMENT, FEW_HANDS, PROJECT_MANAGEMENT, WEIGHTS, weighted_log_strengths
from matching.seat_candidates import SeatCandidates, Signal
from matching.signals import SIGNALS, WEIGHTS_VERSION
from matching.trust import vantage
from tests.matching.worlds import TODAY, Town

# The hash of the scoring in each version. Stored suggestions name their version: add a line, never change one.
VERSIONS = {
    "2026-11": "58df53bf3d1b",
    "2026-11b": "385ab3695b7a",
}

# The strength of each signal where its data is unknown.
SILENT = {
    "fit": 0.5, "trust": 0.2236, "competence": 0.2236, "place": 0.6, "budget": 0.6, "capacity": 0.6,
    "freshness": 0.909, "reciprocity": 0.5, "statement": 0.4,
}  # fmt: skip

# (signal, better case, worse case)
PREFERRED = [
    ("fit", {"firms": {"b": ("x vouched 2",)}}, {}),
    ("fit", {"firms": {"b": ("x evidenced 1",)}}, {"firms": {"b": ("x vouched 9",)}}),
    ("trust", {"facts": ["anna worked bea"]}, {}),
    ("trust", {"facts": ["anna worked bea"]}, {"facts": ["anna met bea"]}),
    ("trust", {"facts": ["carla worked bea"]}, {}),
    ("competence", {"firms": {"b": ("x evidenced 5",)}}, {"firms": {"b": ("x evidenced 1",)}}),
    ("competence", {"bands": {"bea": (0, 3)}}, {"bands": {"bea": (0, 2)}}),
    ("competence", {"own": {"bea": (5, 5)}}, {"own": {"bea": (5, 3)}}),
    ("place", {"said": {"b": {"city": "tempe ", "region": "AZ"}}}, {"said": {"b": {"region": "AZ"}}}),
    ("place", {"said": {"b": {"city": "Mesa", "region": "AZ"}}}, {"said": {"b": {"remote": True, "region": "NY"}}}),
    ("place", {"said": {"b": {"remote": True, "region": "NY"}}}, {"said": {"b": {"city": "Tempe", "region": "NY"}}}),
    ("budget", {"said": {"b": {"price_low": 900.0, "price_high": 5e3}}}, {"said": {"b": {"price_low": 3e3}}}),
    ("budget", {"said": {"b": {"price_low": 2e3}}}, {"said": {"b": {"price_low": 3e3}}}),
    ("capacity", {"said": {"b": {"capacity": 2, "busy": 1}}}, {"said": {"b": {"capacity": 2, "busy": 2}}}),
    ("capacity", {"said": {"b": {"free_on": TODAY + 5}}}, {"said": {"b": {"free_on": TODAY + 25}}}),
    ("reciprocity", {"works": ["b gave a", "b gave a"]}, {"works": ["b gave a"]}),
    ("freshness", {"firms": {"b": ("x evidenced 1",)}}, {}),
    ("statement", {"writes": 0.2}, {}),
    ("statement", {"writes": 0.9}, {"writes": 0.2}),
    ("statement", {}, {"writes": -1}),
    ("statement", {"writes": 0.2}, {"writes": -1}),
]  # fmt: skip

PLAIN = {int, float, str, bool, type(None), Known}  # the types of values for a sentence


def candidates(**case: Any) -> SeatCandidates:
    """Return firm b in a seat for x and in a standing seat, under firm a, to which anna and carla belong.

    ``writes`` is the likeness of what b writes to the need; below 0 it is against it.
    """
    own, writes = case.pop("own", {}), case.pop("writes", 0.0)
    case["firms"] = {"a": (), "b": ("x",)} | case.get("firms", {})
    town = Town(members={"anna": "a", "carla": "a", "bea": "b"}, **case)
    ask = town.ask("x", asker="anna", bringer="a", own=own, city="Tempe", region="az", budget=1000.0, due=TODAY + 30)
    world = town.world()
    seats = (np.array(each) for each in ([1, 1], [0, -1], [0, -1], [1.0, 0.0], [0, 0], [0.75, 0.25]))
    said = (np.array([[0.0, value]]) for value in (max(writes, 0.0), 0.0, np.sign(abs(writes)) - 1))
    statements = Statements(*said, np.array([[False, writes < 0]]))
    return SeatCandidates(world, ask, vantage(world, ask), *seats, statements)


def named(name: str) -> Signal:
    return next(signal for signal in SIGNALS if signal.name == name)


def test_weights_sum_to_one_and_names_are_distinct() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    assert len(WEIGHTS) == len(SIGNALS)


def test_changed_scoring_needs_a_new_weights_version() -> None:
    weights = sorted((signal.name, round(WEIGHTS[signal.name], 9), round(signal.floor, 9)) for signal in SIGNALS)
    scoring = repr((weights, BUSINESS_DEVELOPMENT, PROJECT_MANAGEMENT, FEW_HANDS))
    digest = sha256(scoring.encode()).hexdigest()[:12]
    assert VERSIONS.get(WEIGHTS_VERSION) == digest, (
        "The scoring has changed: give WEIGHTS_VERSION in matching/signals/__init__.py a new value, "
        f'and VERSIONS a line for it with "{digest}"'
    )


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_every_signal_has_its_cases(signal: Signal) -> None:
    assert signal.name in SILENT, f"add to SILENT the strength of {signal.name} where its data is unknown"
    assert signal.name in {name for name, *_ in PREFERRED}, (
        f"add to PREFERRED a better and a worse case of {signal.name}"
    )


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_every_signal_stays_in_its_range(signal: Signal) -> None:
    cases = [candidates(), *(candidates(**case) for _, better, worse in PREFERRED for case in (better, worse))]
    for rows in cases:
        strength = signal.strength(rows)
        assert strength.shape == (2,)
        assert signal.floor <= strength.min() <= strength.max() <= 1
        assert {type(value) for value in signal.reason_data(rows, 0).values()} <= PLAIN
    if signal.about == "claim":
        assert signal.strength(cases[0])[1] == signal.floor


@pytest.mark.parametrize(("name", "strength"), SILENT.items())
def test_a_signal_is_neutral_where_its_data_is_unknown(name: str, strength: float) -> None:
    assert named(name).strength(candidates())[0] == pytest.approx(strength, abs=1e-3)


@pytest.mark.parametrize(("name", "better", "worse"), PREFERRED)
def test_a_signal_prefers_the_better_case(name: str, better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert named(name).strength(candidates(**better))[0] > named(name).strength(candidates(**worse))[0]


def test_works_owed_to_the_prime_and_a_foreign_currency_are_neutral() -> None:
    owing = candidates(works=["a gave b", "a gave b"])
    assert named("reciprocity").strength(owing)[0] == SILENT["reciprocity"]
    foreign = candidates(said={"b": {"price_low": 1e9, "currency": "EUR"}})
    assert named("budget").strength(foreign)[0] == SILENT["budget"]


def test_the_askers_own_rating_is_not_overruled_by_colleagues_facts() -> None:
    facts = ["carla worked bea"] * 9
    rated = named("trust").strength(candidates(facts=facts, own={"bea": (3, 3)}))[0]
    assert rated < named("trust").strength(candidates(facts=facts))[0]


@pytest.mark.parametrize("at", range(len(SIGNALS)))
def test_a_greater_strength_never_lowers_the_score(at: int) -> None:
    rows, signal = candidates(), SIGNALS[at]
    levels = np.linspace(signal.floor, 1.0, 9)
    totals = [
        weighted_log_strengths(
            rows, (*SIGNALS[:at], replace(signal, strength=lambda _, s=s: np.full(2, s)), *SIGNALS[at + 1 :])
        ).sum()
        for s in levels
    ]
    assert (np.diff(totals) > 0).all()
