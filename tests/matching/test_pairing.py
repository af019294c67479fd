"""The maximum-weight matching, compared with all matchings of small groups, and on hand-made cases."""

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


@settings(max_examples=150)
@given(groups())
def test_the_matching_has_the_maximum_weight_and_each_person_once(weights: Floats) -> None:
    found = pairs(weights)
    best = max(sum(weights[pair] for pair in matching) for matching in every_matching(list(range(len(weights)))))
    assert sum(weights[pair] for pair in found) == pytest.approx(best)
    assert len({person for pair in found for person in pair}) == 2 * len(found)
    assert all(weights[pair] > 0 for pair in found)
    assert found == pairs(weights)


def test_the_heaviest_pair_gives_way_to_two_pairs_that_weigh_more_together() -> None:
    weights = np.zeros((4, 4))
    for a, b, weight in ((0, 1, 0.6), (1, 2, 1.0), (2, 3, 0.6)):
        weights[a, b] = weights[b, a] = weight
    assert sorted(pairs(weights)) == [(0, 1), (2, 3)]


def test_asymmetric_weights_raise_value_error() -> None:
    with pytest.raises(ValueError, match="both sides"):
        pairs(np.array([[0.0, 1.0], [0.0, 0.0]]))


def test_mutual_interest_is_worth_double_and_the_same_wish_less_than_an_answer() -> None:
    one, both = np.zeros((2, 2)), np.zeros((2, 2))
    one[0, 1] = both[0, 1] = both[1, 0] = 1.0
    nothing, all_of_it = np.zeros((2, 2)), np.ones((2, 2))
    assert pair_worth(both, nothing)[0, 1] == 2 * pair_worth(one, nothing)[0, 1]
    assert 0 < pair_worth(nothing, all_of_it)[0, 1] < pair_worth(one, nothing)[0, 1]


@settings(max_examples=150)
@given(groups(), st.data())
def test_weekly_pairs_are_worth_something_are_not_barred_and_leave_none_out(
    weights: Floats, data: st.DataObject
) -> None:
    n = len(weights)
    two = st.tuples(st.integers(0, max(n - 1, 0)), st.integers(0, max(n - 1, 0)))
    barred = np.zeros((n, n), dtype=bool)
    for a, b in data.draw(st.lists(two, max_size=n * n if n else 0)):
        barred[a, b] = barred[b, a] = True
    waited = np.array(data.draw(st.lists(st.integers(0, 20), min_size=n, max_size=n)), dtype=np.float64)
    value = weekly_weights(weights, barred, waited)
    found = pairs(value)
    assert all(weights[pair] > 0 and not barred[pair] for pair in found)
    best = max(sum(value[pair] for pair in matching) for matching in every_matching(list(range(n))))
    assert sum(value[pair] for pair in found) == pytest.approx(best)
    assert not any(
        weights[a, b] > 0 and not barred[a, b]
        for a in range(n)
        for b in range(a)
        if not any({a, b} & set(pair) for pair in found)
    )


def test_seven_weeks_of_waiting_outweigh_any_interest() -> None:
    weights = np.full((3, 3), 0.01)
    weights[0, 1] = weights[1, 0] = 1.4
    barred, waited = np.zeros((3, 3), dtype=bool), np.array([0.0, 0.0, 7.0])
    ((a, b),) = pairs(weekly_weights(weights, barred, waited))
    assert 2 in (a, b)
