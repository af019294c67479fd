"""Introduction paths: short before long, strong before weak, each with another first step, fast at size."""

from time import perf_counter

import numpy as np
import pytest

from matching.introduction_paths import acquaintances, introduction_paths
from matching.trust import fact_graph
from tests.matching.worlds import Town


def town(*facts: str, members: str = "anna bea carla dora eve finn gus") -> Town:
    return Town(dict.fromkeys(members.split(), ()), {name: name for name in members.split()}, list(facts))


def path_names(place: Town, target: str, *barred: str) -> list[str]:
    world = place.world()
    found = introduction_paths(
        world, place.person("anna"), place.person(target), [place.person(name) for name in barred]
    )
    return [" ".join(place.people[step.end] for step in way) for way in found]


def test_short_paths_come_first_and_each_has_another_first_step() -> None:
    facts = ["anna worked bea", "bea worked eve", "anna met carla", "carla vouch eve", "anna met dora"]
    assert path_names(town(*facts, "dora met finn", "finn met eve"), "eve") == ["bea eve", "carla eve", "dora finn eve"]


def test_a_vouch_is_followed_in_both_directions_and_the_direction_kept() -> None:
    place = town("bea vouch anna", "carla vouch bea")
    (way,) = introduction_paths(place.world(), place.person("anna"), place.person("carla"))
    assert [(step.kind, step.forward) for step in way] == [("vouch", False), ("vouch", False)]


def test_an_acquaintance_gets_only_the_direct_path() -> None:
    assert path_names(town("anna worked bea", "anna met carla", "carla met bea"), "bea") == ["bea"]
    assert path_names(town("bea met carla"), "carla") == []
    assert path_names(town("anna met bea"), "anna") == []


def test_no_path_has_four_facts_or_passes_a_barred_member() -> None:
    chain = town("anna met bea", "bea met carla", "carla met dora", "dora met eve")
    assert path_names(chain, "dora") == ["bea carla dora"]
    assert path_names(chain, "eve") == []
    assert path_names(town("anna met bea", "bea met carla"), "carla", "bea") == []


def test_acquaintances_are_all_who_share_a_fact_with_the_member() -> None:
    place = town("anna met bea", "carla vouch anna")
    assert [place.people[other] for other in acquaintances(place.world(), 0)] == ["bea", "carla"]


@pytest.mark.slow
def test_paths_among_ten_thousand_members_take_less_than_10_ms_warm() -> None:
    draw, names = np.random.default_rng(7), [f"m{n}" for n in range(10_000)]
    pairs = draw.integers(0, len(names), (60_000, 2))
    facts = [f"{names[a]} {('worked', 'vouch')[a % 2]} {names[b]}" for a, b in pairs if a != b]
    place = Town({}, {}, [])
    place.firms, place.members, place.facts = dict.fromkeys(names, ()), {name: name for name in names}, facts
    place.names, place.people = list(names), _Quick(names)  # type: ignore[assignment]
    world = place.world()
    fact_graph(world)
    introduction_paths(world, 0, 1)
    took = []
    for asker, target in draw.integers(0, len(names), (100, 2)):
        began = perf_counter()
        introduction_paths(world, int(asker), int(target))
        took.append(perf_counter() - began)
    assert np.median(took) < 0.01


class _Quick(list[str]):
    """A list of names with a constant-time ``index``."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.at = {name: n for n, name in enumerate(names)}

    def index(self, name: str, *_: object) -> int:  # type: ignore[override]
        return self.at[name]
