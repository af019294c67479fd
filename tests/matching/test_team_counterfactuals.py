"""What is lost without a firm, why a firm is not in the best team, and demands on teams, on towns that a human sees."""

from math import inf
from typing import Any

import pytest

from matching.outputs import Answer, WhyNot, Without
from matching.team_suggestion import why_not, without
from tests.matching.worlds import Town

TOWN = {"firms": {"a": ("x",), "b": ("y evidenced 3",), "c": ("y",), "d": ("z",), "e": ()}, "members": {"anna": "a"}}


def ask_why(town: Town, firm: str, *needs: str, **more: Any) -> WhyNot:
    ask = town.ask(*needs, **more)
    return why_not(town.world(), ask, town.nearness(ask), town.firm(firm))


def lose(town: Town, firm: str, *needs: str, **more: Any) -> Without:
    ask = town.ask(*needs, **more)
    return without(town.world(), ask, town.nearness(ask), town.firm(firm))


def firms(town: Town, found: Answer) -> list[set[str]]:
    return [{town.names[seat.business] for seat in team.seats} for team in found.teams]


def test_without_a_firm_the_next_takes_its_seat_or_the_need_stays_open() -> None:
    town = Town(**TOWN)
    second = lose(town, "b", "x", "y", "z", bringer="a")
    assert (second.open, firms(town, second.answer)[0]) == ((), {"a", "c", "d"})
    assert second.lost > 0
    only = lose(town, "d", "x", "y", "z", bringer="a")
    assert only.open == (2,)
    assert only.lost > second.lost
    assert lose(town, "c", "x", "y", "z", bringer="a").lost == 0


def test_why_a_firm_is_not_in_the_best_team() -> None:
    town = Town(**TOWN)
    behind = ask_why(town, "c", "x", "y", "z", bringer="a")
    assert (behind.kind, behind.team is not None) == ("behind", True)
    assert behind.behind == pytest.approx(lose(town, "b", "x", "y", "z", bringer="a").lost)
    assert ask_why(town, "b", "x", "y", "z", bringer="a").kind == "chosen"
    assert ask_why(town, "e", "x", "y", "z", bringer="a").kind == "covers nothing"
    assert ask_why(town, "c", "x", "y", bringer="a", excluded=frozenset({town.firm("c")})).kind == "excluded"
    cold = Town(**{**TOWN, "members": {"anna": "a", "cleo": "c"}})
    blocked = ask_why(cold, "c", "x", "y", asker="anna", bringer="a", own={"cleo": (1, 5)})
    assert (blocked.kind, blocked.behind) == ("blocked", inf)


def test_two_firms_kept_apart_are_in_no_team_together() -> None:
    town = Town(**TOWN)
    apart = ((town.firm("b"), town.firm("d")),)
    found = town.answer("x", "y", "z", bringer="a", apart=apart)
    assert all(not {"b", "d"} <= team for team in firms(town, found))
    assert firms(town, found)[0] == {"a", "c", "d"}
    with_prime = town.answer("x", "y", "z", bringer="a", apart=((town.firm("a"), town.firm("b")),))
    assert all("b" not in team for team in firms(town, with_prime))


def test_a_prime_keeps_as_much_of_the_work_as_it_has_to() -> None:
    town = Town({"a": ("x", "y"), "b": ("y evidenced 5",), "c": ("x evidenced 5",)})
    free = town.answer("x", "y", bringer="a", shape="together")
    bound = town.answer("x", "y", bringer="a", shape="together", least_kept=0.7)
    kept = [sum(seat.share for seat in team.seats if seat.business == 0) for team in bound.teams]
    assert kept
    assert min(kept) >= 0.7 > sum(seat.share for seat in free.teams[0].seats if seat.business == 0)


@pytest.mark.parametrize(
    ("demands", "words"),
    [
        ({"excluded": frozenset({9})}, "9 is no business"),
        ({"apart": ((0, -2),)}, "-2 is no business"),
        ({"apart": ((1, 1),)}, "Business 1 cannot be kept apart"),
        ({"excluded": frozenset({0}), "bringer": "a", "shape": "together"}, "Business 0 brings"),
        ({"least_kept": 1.5}, "1.5"),
        ({"least_kept": float("nan")}, "nan"),
    ],
)
def test_demands_that_contradict_each_other_name_the_firm(demands: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Town(**TOWN).answer("x", "y", **demands)
