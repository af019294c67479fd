"""The matching is the best there is: against every matching of small groups, and on pairs that a human sees."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.inputs import Floats
from matching.pairing import pair_worth, pairs, weekly_weights


def every_matching(people: list[int]) -> Iterator[list[tuple[int, int]]]:
    if not people:
        yield []
        return
    first, *rest = people
    yield from every_matching(rest)
    for other in rest:
        for matched in every_matching([person for person in rest if person != other]):
            yield [(first, other), *matched]


@st.composite
def groups(draw: st.DrawFn) -> Floats:
    n = draw(st.integers(0, 7))
    weights = np.zeros((n, n))
    for a in range(n):
        for b in range(a + 1, n):
            weights[a, b] = weights[b, a] = draw(st.integers(0, 20)) / 10
    return weights


@settings(max_examples=150, deadline=None)
@given(groups())
def test_no_other_matching_weighs_more_and_nobody_is_in_two(weights: Floats) -> None:
    found = pairs(weights)
    best = max(sum(weights[pair] for pair in each) for each in every_matching(list(range(len(weights)))))
    assert sum(weights[pair] for pair in found) == pytest.approx(best)
    assert len({person for pair in found for person in pair}) == 2 * len(found)
    assert all(weights[pair] > 0 for pair in found)
    assert found == pairs(weights)


def test_the_heaviest_pair_gives_way_where_two_others_weigh_more() -> None:
    weights = np.zeros((4, 4))
    for a, b, weight in ((0, 1, 0.6), (1, 2, 1.0), (2, 3, 0.6)):
        weights[a, b] = weights[b, a] = weight
    assert sorted(pairs(weights)) == [(0, 1), (2, 3)]


def test_a_weight_from_one_side_only_is_refused() -> None:
    with pytest.raises(ValueError, match="both sides"):
        pairs(np.array([[0.0, 1.0], [0.0, 0.0]]))


def test_interest_from_both_sides_is_worth_more_and_rivals_share_no_clients() -> None:
    one, both = np.zeros((2, 2)), np.zeros((2, 2))
    one[0, 1] = both[0, 1] = both[1, 0] = 1.0
    nothing, all_of_it = np.zeros((2, 2)), np.ones((2, 2))
    assert pair_worth(both, nothing, nothing)[0, 1] == 2 * pair_worth(one, nothing, nothing)[0, 1]
    assert pair_worth(nothing, all_of_it, nothing)[0, 1] > pair_worth(nothing, all_of_it, all_of_it)[0, 1] == 0


@settings(max_examples=150, deadline=None)
@given(groups(), st.data())
def test_a_week_pairs_nobody_again_and_as_many_as_it_can(weights: Floats, data: st.DataObject) -> None:
    n = len(weights)
    two = st.tuples(st.integers(0, max(n - 1, 0)), st.integers(0, max(n - 1, 0)))
    barred = np.zeros((n, n), dtype=bool)
    for a, b in data.draw(st.lists(two, max_size=n * n if n else 0)):
        barred[a, b] = barred[b, a] = True
    waited = np.array(data.draw(st.lists(st.integers(0, 20), min_size=n, max_size=n)), dtype=np.float64)
    value = weekly_weights(weights, barred, waited)
    found = pairs(value)
    assert not any(barred[pair] for pair in found)
    best = max(sum(value[pair] for pair in each) for each in every_matching(list(range(n))))
    assert sum(value[pair] for pair in found) == pytest.approx(best)
    assert not any(
        not barred[a, b] for a in range(n) for b in range(a) if not any({a, b} & set(pair) for pair in found)
    )


def test_who_waited_seven_weeks_goes_before_any_interest() -> None:
    weights = np.zeros((3, 3))
    weights[0, 1] = weights[1, 0] = 1.5
    barred, waited = np.zeros((3, 3), dtype=bool), np.array([0.0, 0.0, 7.0])
    ((a, b),) = pairs(weekly_weights(weights, barred, waited))
    assert 2 in (a, b)
