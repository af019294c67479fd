"""Trust: who is blocked, unknown or known, the paths, and that a ring of fakes gains nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaincinv

from matching.inputs import Floats
from matching.outputs import Step
from matching.trust import DAMPING, decay_since, fact_graph, lower_bound, paths, propagate_trust, vantage
from tests.matching.worlds import TODAY, Town

UNKNOWN = float(lower_bound(np.zeros(1))[0])


def town(
    *facts: str, members: str = "anna bea carla dora eve", bands: dict[str, tuple[int, int]] | None = None
) -> Town:
    """Return a Town with one firm per member, of the same name."""
    names = members.split()
    return Town(dict.fromkeys(names, ()), {name: name for name in names}, list(facts), bands=bands or {})


def trust(place: Town, asker: str = "anna", **own: tuple[int, int]) -> dict[str, float]:
    seen = vantage(place.world(), place.ask("rare", asker=asker, own=own))
    return {name: float("nan") if seen.blocked[at] else float(seen.bound[at]) for at, name in enumerate(place.names)}


@given(st.floats(0, 200), st.sampled_from([0.0, 0.4, 1.6, 4.0, 8.0]))
def test_lower_bound_equals_the_beta_quantile(good: float, bad: float) -> None:
    assert lower_bound(np.array([good]), np.array([bad]))[0] == pytest.approx(
        betaincinv(2 + good, 1 + bad, 0.05), abs=1e-4
    )


def test_few_facts_never_beat_many() -> None:
    seen = trust(town("anna worked bea", *["anna worked carla"] * 5, "anna met dora"))
    assert seen["carla"] > seen["bea"] > seen["dora"] > seen["eve"] == pytest.approx(UNKNOWN)


def test_old_facts_count_less() -> None:
    seen = trust(town("anna worked bea 30", "anna worked carla 2000"))
    assert seen["bea"] > seen["carla"] > UNKNOWN


def test_a_vouch_counts_from_its_giver_to_its_receiver_only() -> None:
    seen = trust(town("bea vouch anna", "anna vouch carla"))
    assert seen["carla"] > seen["bea"] == pytest.approx(UNKNOWN)


def test_second_hand_facts_count_less_than_first_hand_ones() -> None:
    seen = trust(town("anna worked bea", "bea vouch carla", "carla vouch dora", "dora vouch eve"))
    assert seen["bea"] > seen["carla"] > seen["dora"] > seen["eve"] == pytest.approx(UNKNOWN)


@pytest.mark.parametrize(
    ("band", "own", "is_blocked"),
    [
        (1, {}, True),
        (2, {}, False),
        (1, {"bea": (4, 3)}, False),
        (1, {"bea": (3, 5)}, True),
        (3, {"bea": (2, 5)}, True),
    ],
)
def test_only_evidence_below_the_threshold_blocks(band: int, own: dict[str, tuple[int, int]], is_blocked: bool) -> None:
    assert bool(np.isnan(trust(town(bands={"bea": (band, 0)}), **own)["bea"])) is is_blocked


def test_the_own_rating_counts_more_than_the_published_band() -> None:
    seen = trust(town(bands={"bea": (3, 0), "carla": (3, 0)}), bea=(5, 5), carla=(3, 3))
    assert seen["bea"] > trust(town(bands={"bea": (3, 0)}))["bea"] > seen["carla"] > UNKNOWN


def test_a_firm_with_a_known_member_is_not_blocked_by_another_member() -> None:
    place = Town({"a": (), "b": ()}, {"anna": "a", "bea": "b", "bob": "b"}, ["anna worked bob"])
    seen = vantage(place.world(), place.ask("rare", asker="anna", own={"bea": (1, 1)}))
    assert not seen.blocked[1]
    assert seen.member[1] == place.person("bob")
    unknown = Town({"a": (), "b": ()}, {"anna": "a", "bea": "b", "bob": "b"})
    assert vantage(unknown.world(), unknown.ask("rare", asker="anna", own={"bea": (1, 1)})).blocked[1]


def test_distrust_does_not_propagate_and_distrusted_vouches_do_not_count() -> None:
    seen = trust(town("anna worked bea", "bea vouch carla"), bea=(1, 1))
    assert np.isnan(seen["bea"])
    assert seen["carla"] == pytest.approx(UNKNOWN)


@settings(max_examples=30)
@given(st.integers(2, 12), st.integers(0, 2), st.integers(0, 9))
def test_a_ring_of_fakes_without_an_honest_vouch_stays_unknown(ring: int, rounds: int, seed: int) -> None:
    fakes = [f"fake{n}" for n in range(ring)]
    draw = np.random.default_rng(seed)
    said = [f"{a} {kind} {b}" for a in fakes for b in fakes if a != b for kind in ("vouch", "worked")] * (1 + rounds)
    honest = ["anna worked bea", "bea vouch carla", *(f"{draw.choice(fakes)} vouch anna" for _ in range(3))]
    seen = trust(town(*said, *honest, members="anna bea carla " + " ".join(fakes)))
    assert max(seen[fake] for fake in fakes) <= UNKNOWN + 1e-12 < seen["carla"]


@given(st.integers(1, 30))
def test_a_ring_of_fakes_gains_no_more_than_its_one_honest_vouch_allows(ring: int) -> None:
    fakes = [f"fake{n}" for n in range(ring)]
    said = [f"{a} vouch {b}" for a in fakes for b in fakes if a != b]
    place = town("anna worked bea", "bea vouch fake0", *said, members="anna bea " + " ".join(fakes))
    alone = town("anna worked bea", "bea vouch fake0", members="anna bea fake0")
    all_of_it, one = (
        vantage(there.world(), there.ask("rare", asker="anna")).evidence[2:].sum() for there in (place, alone)
    )
    assert all_of_it <= one * (1 + DAMPING) + 1e-9


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40),
    st.lists(st.floats(0, 1), min_size=8, max_size=8),
)
def test_nobody_passes_on_more_than_half_of_their_own_mass(pairs: list[tuple[int, int]], masses: list[float]) -> None:
    names = "abcdefgh"
    place = town(*(f"{names[a]} worked {names[b]}" for a, b in pairs if a != b), members=" ".join(names))
    graph = fact_graph(place.world())
    for at, mass in enumerate(masses):
        single: Floats = np.where(np.arange(8) == at, mass, 0.0)
        handed = propagate_trust(graph.incoming, graph.outgoing_sum, single, decay_since(place.world(), TODAY)).sum()
        assert handed <= DAMPING * mass + 1e-12


def way(place: Town, target: str, **own: tuple[int, int]) -> list[str]:
    world, ask = place.world(), place.ask("rare", asker="anna", own=own)
    steps: tuple[Step, ...] = paths(world, ask, vantage(world, ask), [place.person(target)])[place.person(target)]
    names = place.people
    return [f"{names[step.start]} {step.kind} {names[step.end]} {step.forward}" for step in steps]


def test_a_path_follows_shareable_facts_and_keeps_their_direction() -> None:
    place = town("carla worked anna", "carla vouch bea", "bea met dora")
    assert way(place, "bea") == ["anna worked carla False", "carla vouch bea True"]
    assert way(place, "dora")[-1] == "bea met dora True"


def test_no_path_reverses_a_vouch_exceeds_three_facts_or_passes_a_blocked_member() -> None:
    assert way(town("bea vouch anna"), "bea") == []
    assert way(town("anna met bea", "bea met carla", "carla met dora", "dora met eve"), "eve") == []
    assert way(town("anna met bea", "bea met carla"), "carla", bea=(1, 1)) == []


def test_the_stronger_of_two_paths_is_chosen() -> None:
    place = town("anna met bea 900", "bea met dora 900", "anna worked carla", "carla worked dora")
    assert way(place, "dora") == ["anna worked carla True", "carla worked dora True"]
