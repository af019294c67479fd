"""The team search, compared with brute force and with an independent integer solver."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from matching.team_search import NEVER, Cover, Options, covers

HANDS = 0.03


@st.composite
def options(draw: st.DrawFn, firms: int = 5, needs: int = 3, quarrels: float = 0.0) -> Options:
    """Draw random small Options, with or without a fixed prime, in which some pairs are worth more.

    With ``quarrels`` a share of pairs is kept apart, and the prime may have to keep a part of the work.
    """
    size, width = draw(st.integers(1, firms)), draw(st.integers(1, needs))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    value = np.where(
        rng.random((size, width)) < draw(st.sampled_from([0.3, 0.6, 1.0])), rng.random((size, width)) / 4, NEVER
    )
    is_fixed = draw(st.booleans())
    primes = rng.choice(size, 1) if is_fixed else np.arange(size)
    pairs = [
        (at, firm) for at, prime in enumerate(primes) for firm in range(size) if firm != prime and rng.random() < 0.4
    ]
    place, partner = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    under = value[partner] + rng.random((len(partner), 1)) / 4
    share = rng.random(width)
    return Options.of(
        value,
        primes,
        rng.random(len(primes)) / 5,
        (place, partner, under),
        hands=HANDS,
        is_fixed=is_fixed,
        apart=tuple((a, b) for a in range(size) for b in range(a) if rng.random() < quarrels),
        share=share / share.sum(),
        least_kept=draw(st.sampled_from([0.0, 0.3, 0.6])) if quarrels else 0.0,
    )


def everything(market: Options) -> list[Cover]:
    """Return the best team of each set of firms, the best first, by brute force."""
    best: dict[frozenset[int], Cover] = {}
    for at, prime in enumerate(market.primes.tolist()):
        under = market.under_prime(prime)
        choices = [[-1, *np.flatnonzero(column > NEVER / 2)] for column in under.T]
        for holders in product(*choices):
            held = [(firm, need) for need, firm in enumerate(holders) if firm >= 0]
            assert market.share is not None
            kept = sum(market.share[need] for firm, need in held if firm == prime)
            if kept < market.least_kept - 1e-12 or any({*pair} <= {*holders, prime} for pair in market.apart):
                continue
            worth = sum(market.value[firm, need] if firm == prime else under[firm, need] for firm, need in held)
            hands = len({*holders} - {prime, -1}) + holders.count(-1)
            found = Cover(market.standing[at] + worth - HANDS * hands, prime, tuple(map(int, holders)))
            firms = found.partners(market)
            if firms not in best or found.value > best[firms].value:
                best[firms] = found
    return sorted(best.values(), key=lambda cover: -cover.value)


@settings(max_examples=150)
@given(options() | options(quarrels=0.4))
def test_teams_equal_the_best_distinct_ones_of_a_brute_force_search(market: Options) -> None:
    expected: list[Cover] = []
    for cover in everything(market):
        firms = cover.partners(market)
        if not any(earlier.partners(market) and earlier.partners(market) <= firms for earlier in expected):
            expected.append(cover)
    found = [cover for _, cover in zip(range(4), covers(market), strict=False)]
    assert [cover.value for cover in found] == pytest.approx([cover.value for cover in expected[:4]])
    assert [cover.partners(market) for cover in found] == [cover.partners(market) for cover in expected[:4]]


@settings(max_examples=25)
@given(options(firms=9, needs=6))
def test_the_best_value_equals_that_of_an_integer_programme(market: Options) -> None:
    best = next(iter(covers(market))).value
    assert max(solved(market, at) for at in range(len(market.primes))) == pytest.approx(best)


def solved(market: Options, at: int) -> float:
    """Return the best value under one prime by a mixed-integer programme: x[firm, need], y[firm], open[need]."""
    prime, under = int(market.primes[at]), market.under_prime(int(market.primes[at]))
    size, needs = under.shape
    gain = np.concatenate([under.ravel(), np.where(np.arange(size) == prime, 0.0, -HANDS), np.full(needs, -HANDS)])
    once = np.hstack([np.tile(np.eye(needs), size), np.zeros((needs, size)), np.eye(needs)])
    seated = np.hstack([np.eye(size * needs), -np.repeat(np.eye(size), needs, axis=0), np.zeros((size * needs, needs))])
    upper = np.where(gain > NEVER / 2, 1.0, 0.0)
    rules = [LinearConstraint(once, 1, 1), LinearConstraint(seated, -np.inf, 0)]
    result = milp(
        -np.where(upper > 0, gain, 0.0), constraints=rules, integrality=np.ones(len(gain)), bounds=Bounds(0, upper)
    )
    return float(market.standing[at] - result.fun)
