"""The maximum-weight matching, compared with all matchings of small groups, with networkx, and on hand-made cases."""

from collections.abc import Iterator

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching.pairing
from matching.inputs import Floats
from matching.pairing import BestPairs, PairError, best_pairs, best_pairs_of, pair_worth, weekly_weights


def pairs(weights: Floats) -> list[tuple[int, int]]:
    return list(best_pairs_of(weights).pairs)


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


@st.composite
def sparse_groups(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, int]]]:
    """Graphs with many ties and odd cycles, as (members, pairs)."""
    n = draw(st.integers(2, 24))
    greatest = draw(st.sampled_from([1, 2, 3, 1000]))
    two = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] < pair[1])
    ends = draw(st.lists(two, max_size=4 * n, unique=True))
    return n, [(a, b, draw(st.integers(1, greatest))) for a, b in ends]


def solve(n: int, rows: list[tuple[int, int, int]], **demands: object) -> BestPairs:
    first, second, weight = (np.array([row[at] for row in rows], dtype=np.int64) for at in range(3))
    return best_pairs(n, first, second, weight.astype(np.float64), **demands)  # type: ignore[arg-type]


def of_networkx(rows: list[tuple[int, int, int]]) -> int:
    graph = nx.Graph()
    graph.add_weighted_edges_from(rows)
    return sum(graph[a][b]["weight"] for a, b in nx.max_weight_matching(graph))


@settings(max_examples=40)
@given(sparse_groups(), st.randoms(use_true_random=False))
def test_the_weight_is_that_of_networkx_is_its_own_bound_and_does_not_depend_on_the_order(
    group: tuple[int, list[tuple[int, int, int]]], random: object
) -> None:
    n, rows = group
    found = solve(n, rows)
    assert found.solver == "exact"
    assert found.weight == found.bound == of_networkx(rows)
    names = list(range(n))
    random.shuffle(names)  # type: ignore[attr-defined]
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert solve(n, [(names[b], names[a], weight) for a, b, weight in rows]).weight == found.weight


@settings(max_examples=40)
@given(sparse_groups(), st.data())
def test_who_must_meet_meets_who_must_not_does_not_and_the_rest_is_still_the_best(
    group: tuple[int, list[tuple[int, int, int]]], data: st.DataObject
) -> None:
    n, rows = group
    order = data.draw(st.permutations(range(n)))
    must = [(order[at], order[at + 1]) for at in range(0, data.draw(st.integers(0, n // 2)) * 2, 2)]
    forced = {(min(pair), max(pair)) for pair in must}
    must_not = (
        [(b, a) for a, b, _ in data.draw(st.lists(st.sampled_from(rows))) if (a, b) not in forced] if rows else []
    )
    found = solve(n, rows, must=must, must_not=must_not)
    assert forced <= {*found.pairs}
    assert not {(min(pair), max(pair)) for pair in must_not} & {*found.pairs}
    taken = {member for pair in must for member in pair}
    free = [(a, b, weight) for a, b, weight in rows if not {a, b} & taken and (b, a) not in must_not]
    weight = {(a, b): weight for a, b, weight in rows}
    assert found.weight == of_networkx(free) + sum(weight.get(pair, 0) for pair in forced) == found.bound


@settings(max_examples=30)
@given(sparse_groups())
def test_an_auction_pairs_each_member_once_and_its_bound_holds(group: tuple[int, list[tuple[int, int, int]]]) -> None:
    n, rows = group
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching.pairing, "EXACT", 0)
        found = solve(n, rows)
    assert len({member for pair in found.pairs for member in pair}) == 2 * len(found.pairs)
    assert found.weight <= of_networkx(rows) <= found.bound + 1e-6


def random_rows(n: int, greatest: int, seed: int) -> list[tuple[int, int, int]]:
    draw = np.random.default_rng(seed)
    ends = {(min(pair), max(pair)) for pair in draw.integers(0, n, (5 * n, 2)).tolist() if pair[0] != pair[1]}
    return [(a, b, int(draw.integers(1, greatest + 1))) for a, b in sorted(ends)]


@pytest.mark.parametrize("greatest", [1, 3, 1000])
def test_an_auction_of_many_reaches_99_percent_of_its_bound(greatest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching.pairing, "EXACT", 0)
    found = solve(1000, random_rows(1000, greatest, 5))
    assert found.solver == "auction"
    assert found.quality > 0.99


def test_an_auction_among_triangles_leaves_one_of_each_and_its_bound_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching.pairing, "EXACT", 0)
    triangles = [(3 * at + a, 3 * at + b, 1) for at in range(40) for a, b in ((0, 1), (0, 2), (1, 2))]
    found = solve(120, triangles)
    assert found.weight == 40
    assert found.bound == pytest.approx(40)


def test_a_search_that_is_stopped_still_tells_how_far_it_came() -> None:
    triangles = [(3 * at + a, 3 * at + b, 1) for at in range(40) for a, b in ((0, 1), (0, 2), (1, 2))]
    stopped = solve(120, triangles, is_over=lambda: True)
    assert stopped.weight == 40
    assert stopped.bound == 60
    assert solve(120, triangles).bound == 40


def test_a_million_members_without_anybody_to_meet_are_no_work() -> None:
    assert solve(10**6, []) == BestPairs((), 0.0, 0.0, "exact")
    assert solve(10**6, []).quality == 1
    assert solve(10**6, [(7, 999_999, 2)]).pairs == ((7, 999_999),)


def test_weights_of_any_size_are_compared() -> None:
    for size in (1e-300, 1e-3, 1e300):
        found = best_pairs(4, np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([2.0, 3.0, 2.0]) * size)
        assert found.pairs == ((0, 1), (2, 3))
        assert found.bound == pytest.approx(4 * size)


def test_demands_may_be_generators() -> None:
    rows, apart = [(0, 1, 2), (1, 2, 3), (2, 3, 2)], [(1, 0), (2, 3)]
    assert solve(4, rows, must_not=iter(apart)).pairs == solve(4, rows, must_not=apart).pairs == ((1, 2),)


@pytest.mark.parametrize(
    ("rows", "demands", "members", "words"),
    [
        ([(0, 1, float("nan"))], {}, (0, 1), "no finite weight"),
        ([(0, 1, float("inf"))], {}, (0, 1), "no finite weight"),
        ([(0, 1, 1), (2, 2, 1)], {}, (2, 2), "with themselves"),
        ([(0, 1, 1), (1, 0, 2)], {}, (0, 1), "twice"),
        ([(0, 9, 1)], {}, (0, 9), "unknown"),
        ([(0, -1, 1)], {}, (-1, 0), "unknown"),
        ([], {"must": [(0, 1), (1, 2)]}, (1, 0, 2), "two people"),
        ([], {"must": [(0, 1)], "must_not": [(1, 0)]}, (0, 1), "must and must not"),
        ([], {"must": [(1, 1)]}, (1, 1), "two members"),
        ([], {"must_not": [(0, 5)]}, (0, 5), "two members"),
    ],
)
def test_input_that_no_pairing_can_follow_names_the_members(
    rows: list[tuple[int, int, float]], demands: dict[str, object], members: tuple[int, ...], words: str
) -> None:
    first, second = (np.array([row[at] for row in rows], dtype=np.int64) for at in range(2))
    weight = np.array([row[2] for row in rows], dtype=np.float64)
    with pytest.raises(PairError, match=words) as error:
        best_pairs(4, first, second, weight, **demands)  # type: ignore[arg-type]
    assert error.value.members == members
