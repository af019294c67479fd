"""Shares of the work in whole percents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.leads.suggestion import whole_percents


@given(st.lists(st.floats(0.001, 1000.0), min_size=1, max_size=13))
def test_whole_percents_add_up_to_100_and_are_near_the_shares(shares: list[float]) -> None:
    percents = whole_percents(shares)
    assert sum(percents) == 100
    assert all(
        percent == pytest.approx(100 * share / sum(shares), abs=1)
        for percent, share in zip(percents, shares, strict=True)
    )
