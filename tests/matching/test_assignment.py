"""The assignment of leads under capacity, compared with SciPy's dense one, with its prices as the proof."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import matching.assignment
from matching.assignment import Assignment, AssignmentError, assign
from matching.inputs import Floats, Ints

Case = tuple[int, Ints, Ints, Floats, Ints, Floats]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    leads, members, greatest = draw(st.integers(1, 9)), draw(st.integers(1, 5)), draw(st.sampled_from([1, 3, 1000]))
    some = draw(st.lists(st.booleans(), min_size=leads * members, max_size=leads * members))
    lead, member = np.nonzero(np.array(some).reshape(leads, members))
    score = np.array([float(draw(st.integers(-greatest, greatest))) for _ in lead])
    capacity = np.array(draw(st.lists(st.integers(0, 4), min_size=members, max_size=members)))
    load = np.array(sorted(draw(st.lists(st.integers(0, greatest), min_size=1, max_size=4))), dtype=np.float64)
    return leads, lead, member, score, capacity, load


def reference(case: Case) -> tuple[int, float]:
    """Return how many leads can be served, and the greatest total, from a matrix with a column for each place."""
    leads, lead, member, score, capacity, load = case
    places = [(at, load[min(nth, len(load) - 1)]) for at, free in enumerate(capacity.tolist()) for nth in range(free)]
    table = np.full((leads, len(places) + leads), -1e6)
    table[:, : len(places)] = -1e9
    for one, other, worth in zip(lead.tolist(), member.tolist(), score.tolist(), strict=True):
        for column, (at, cost) in enumerate(places):
            if at == other:
                table[one, column] = worth - cost
    chosen = table[linear_sum_assignment(table, maximize=True)]
    return int((chosen > -1e5).sum()), float(chosen[chosen > -1e5].sum())


def check_proof(case: Case, found: Assignment) -> None:
    """No pair is worth more than its prices, an assigned one exactly as much, and only what is full costs anything."""
    _, lead, member, score, capacity, load = case
    for one, other, worth in zip(lead.tolist(), member.tolist(), score.tolist(), strict=True):
        paid = found.worth[one] + found.price[other]
        assert paid >= worth - 1e-6
        if found.member[one] == other:
            assert paid == pytest.approx(worth, abs=1e-3)
            assert found.shortfall(one, other, worth) == pytest.approx(0, abs=1e-3)
    taken = np.bincount(found.member[found.member >= 0], minlength=len(capacity))
    assert (taken <= capacity).all()
    for at in np.flatnonzero(taken < capacity):
        assert found.price[at] <= load[min(taken[at], len(load) - 1)] + 1e-9


@settings(max_examples=25)
@given(cases(), st.randoms(use_true_random=False))
def test_the_most_leads_are_served_at_the_greatest_total_in_any_order(case: Case, random: object) -> None:
    found = assign(*case)
    check_proof(case, found)
    assert (int((found.member >= 0).sum()), pytest.approx(found.total, abs=1e-6)) == reference(case)
    leads, lead, member, score, capacity, load = case
    order = list(range(len(lead)))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = assign(leads, lead[order], member[order], score[order], capacity, load)
    assert (again.member == found.member).all()
    names = list(range(leads))
    random.shuffle(names)  # type: ignore[attr-defined]
    renamed = assign(leads, np.array(names, dtype=np.int64)[lead], member, score, capacity, load)
    assert renamed.total == pytest.approx(found.total, abs=1e-6)


@settings(max_examples=25)
@given(cases())
def test_where_places_are_few_the_same_is_found_and_proved(case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching.assignment, "MANY", 0)
        patch.setattr(matching.assignment, "TIGHT", 1000)
        patch.setattr(matching.assignment, "MOST_ROUNDS", 0)
        found = assign(*case)
    check_proof(case, found)
    assert (int((found.member >= 0).sum()), pytest.approx(found.total, abs=1e-6)) == reference(case)


@settings(max_examples=25)
@given(cases())
def test_a_price_is_what_one_more_place_adds_to_the_total_before_its_load(case: Case) -> None:
    leads, lead, member, score, capacity, load = case
    found = assign(*case)
    for at, free in enumerate(capacity.tolist()):
        more = capacity.copy()
        more[at] += 1
        again = assign(leads, lead, member, score, more, load)
        if free and (again.member >= 0).sum() == (found.member >= 0).sum():
            added = max(0.0, float(found.price[at]) - float(load[min(free, len(load) - 1)]))
            assert again.total - found.total == pytest.approx(added, abs=1e-3)


def test_the_price_of_a_members_time_tells_who_did_not_get_it() -> None:
    lead, member = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    found = assign(2, lead, member, np.array([9.0, 5.0, 8.0, 7.0]), np.array([1, 1]))
    assert found.member.tolist() == [0, 1]
    assert found.shortfall(1, 0, 8.0) == found.price[0] - found.price[1] - 1.0
    assert found.shortfall(0, 0, 9.0) == 0


def test_rising_loads_leave_nobody_idle() -> None:
    lead, member = np.repeat(np.arange(4), 2), np.tile([0, 1], 4)
    score = np.tile([10.0, 9.0], 4)
    crowded = assign(4, lead, member, score, np.array([4, 4]))
    fair = assign(4, lead, member, score, np.array([4, 4]), np.array([0.0, 3.0, 6.0, 9.0]))
    assert np.bincount(crowded.member).tolist() == [4]
    assert np.bincount(fair.member).tolist() == [2, 2]


def test_a_lead_that_nobody_can_take_is_left_and_empty_worlds_are_no_work() -> None:
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    assert assign(0, none, none, nothing, none).total == 0
    assert assign(3, none, none, nothing, np.array([2])).member.tolist() == [-1, -1, -1]
    two = assign(2, np.array([0, 1]), np.array([0, 0]), np.array([1.0, 2.0]), np.array([1]))
    assert (two.member.tolist(), two.total) == ([-1, 0], 2.0)


@pytest.mark.parametrize(
    ("lead", "member", "score", "capacity", "load", "words", "named"),
    [
        ([5], [0], [1.0], [1], [0.0], "unknown lead", (5, 0)),
        ([0], [3], [1.0], [1], [0.0], "unknown member", (0, 3)),
        ([0], [0], [float("nan")], [1], [0.0], "no finite score", (0, 0)),
        ([1, 1], [0, 0], [1.0, 2.0], [1], [0.0], "twice", (1, 0)),
        ([0], [0], [1.0], [-1], [0.0], "negative", (-1, 0)),
        ([0], [0], [1.0], [1], [2.0, 1.0], "rise", (-1, -1)),
    ],
)
def test_input_without_a_meaning_names_the_lead_and_the_member(
    lead: list[int],
    member: list[int],
    score: list[float],
    capacity: list[int],
    load: list[float],
    words: str,
    named: tuple[int, int],
) -> None:
    with pytest.raises(AssignmentError, match=words) as error:
        assign(2, np.array(lead), np.array(member), np.array(score), np.array(capacity), np.array(load))
    assert (error.value.lead, error.value.member) == named
