"""Team answers on tiny worlds with an obvious best team, and the invariants of every answer."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.outputs import Answer, Known, Missing
from matching.team_suggestion import answer
from tests.matching.worlds import Town

STORY = Town(
    firms={
        "Northlight": ("design", "cms evidenced 3"),
        "Orbit": ("branding",),
        "Bramble": ("design evidenced 2", "wordpress evidenced 4", "hosting evidenced 1"),
        "Cedar": ("wordpress",),
    },
    members={"anna": "Northlight", "carla": "Orbit", "bea": "Bramble", "dan": "Cedar"},
    facts=["anna worked carla", "carla vouch bea"],
)
NEEDS = ("design", "wordpress", "hosting")


def named(town: Town, given: Answer) -> set[str]:
    """Return the names of all firms anywhere in an answer."""
    found = {town.names[m.nearest[1]] for m in given.missing if m.nearest}
    for team in given.teams:
        found |= {town.names[firm] for firm in (*(seat.business for seat in team.seats), *team.paths)}
        found |= {town.names[other.business] for seat in team.seats for other in seat.alternates}
        found |= {town.names[town.members and town.firm(town.members[town.people[step.start]])]
                  for path in team.paths.values() for step in path}  # fmt: skip
    return found


def test_the_bringer_leads_though_its_partner_covers_every_need() -> None:
    given = STORY.answer(*NEEDS, asker="anna", bringer="Northlight")
    best = given.teams[0]
    assert given.kind == "team"
    assert STORY.names[best.prime] == "Northlight"
    assert STORY.holders(best) == {
        "business development": "Northlight", "project management": "Northlight",
        "0": "Bramble", "1": "Bramble", "2": "Bramble",
    }  # fmt: skip
    assert [seat.share for seat in best.seats] == pytest.approx([0.10, 0.15, 0.25, 0.25, 0.25])
    path = best.paths[STORY.firm("Bramble")]
    assert [(STORY.people[s.start], s.kind, STORY.people[s.end]) for s in path] == [
        ("anna", "worked", "carla"), ("carla", "vouch", "bea"),
    ]  # fmt: skip
    assert [STORY.names[other.business] for other in best.seats[3].alternates] == ["Cedar"]
    assert best.seats[3].alternates[0].known is Known.NOT_YET
    assert best.seats[3].alternates[0].shown < best.shown


def test_the_second_team_without_the_best_partner_lists_its_missing_need() -> None:
    second = STORY.answer(*NEEDS, asker="anna", bringer="Northlight").teams[1]
    assert "Bramble" not in STORY.holders(second).values()
    assert second.missing == (2,)


def test_a_bringer_that_hands_over_holds_no_seat_though_it_covers_a_need() -> None:
    given = STORY.answer(*NEEDS, asker="anna", bringer="Northlight", shape="hand over")
    best = given.teams[0]
    assert best.prime is None
    assert STORY.holders(best) == dict.fromkeys("012", "Bramble")
    assert sum(seat.share for seat in best.seats) == pytest.approx(1)
    firms = {other.business for team in given.teams for seat in team.seats for other in (seat, *seat.alternates)}
    assert STORY.firm("Northlight") not in firms


def test_a_bringer_that_does_it_alone_is_the_only_firm_and_leaves_the_rest_open() -> None:
    best = STORY.answer(*NEEDS, asker="anna", bringer="Northlight", shape="alone").teams[0]
    assert {*STORY.holders(best).values()} == {"Northlight"}
    assert best.missing == (1, 2)
    assert not any(seat.alternates for seat in best.seats)
    assert STORY.answer("wordpress", asker="anna", bringer="Northlight", shape="alone").kind == "nobody"


def test_a_bringer_that_could_do_it_alone_gets_partners_where_it_wants_them() -> None:
    best = STORY.answer("design", asker="anna", bringer="Northlight", shape="together").teams[0]
    assert (STORY.names[best.prime or 0], STORY.holders(best)["0"]) == ("Northlight", "Bramble")
    town = Town({"Mine": ("x",)})
    assert town.answer("x", bringer="Mine", shape="together").kind == "yourself"


@pytest.mark.parametrize(
    ("claims", "writes", "needs", "is_prime"),
    [
        pytest.param((), 0.0, "x", False, id="outside the trade"),
        pytest.param(("x",), 0.0, "xy", True, id="covers a part"),
        pytest.param(("z",), 0.0, "x", True, id="in the trade by a claim"),
        pytest.param((), 0.9, "x", True, id="in the trade by its own words"),
        pytest.param(("y",), 0.0, "z", False, id="the other trade"),
        pytest.param((), 0.9, "rare", False, id="work that nobody leads for another"),
        pytest.param(("rare",), 0.0, ["rare", "z"], True, id="covers a part of such work"),
    ],
)
def test_the_bringer_leads_what_it_does_in_part_or_knows_as_its_trade(
    claims: tuple[str, ...], writes: float, needs: str | list[str], is_prime: bool
) -> None:
    others = {"Other": ("x", "y", "z", "rare")}
    town = Town({"Mine": claims, **others}, writes={"Mine": writes}, trades={"x": 1, "z": 1, "y": 2})
    best = town.answer(
        *needs if isinstance(needs, list) else [needs] if needs == "rare" else needs, bringer="Mine"
    ).teams[0]
    assert (best.prime == town.firm("Mine")) is is_prime
    assert (best.prime is None) is not is_prime


def test_a_bringer_that_covers_all_needs_is_first_and_others_follow() -> None:
    given = STORY.answer("design", "cms", asker="anna", bringer="Northlight")
    assert given.kind == "yourself"
    assert {*STORY.holders(given.teams[0]).values()} == {"Northlight"}
    assert "Bramble" in STORY.holders(given.teams[1]).values()


def test_an_uncovered_need_is_answered_with_nobody_and_the_nearest_claim() -> None:
    ask = STORY.ask("rare", asker="anna", bringer="Northlight")
    near = STORY.nearness(ask)
    near[0, STORY.nodes.index("hosting")] = 0.05
    given = answer(STORY.world(), ask, near)
    assert (given.kind, given.teams) == ("nobody", ())
    assert given.missing == (Missing(0, (STORY.nodes.index("hosting"), STORY.firm("Bramble"))),)


def test_the_answer_is_nobody_if_only_a_nice_need_is_covered() -> None:
    assert STORY.answer("rare", "design?", asker="anna", bringer="Northlight").kind == "nobody"


def test_a_must_need_that_nobody_covers_stays_open_in_the_team() -> None:
    given = STORY.answer("rare", "wordpress", asker="anna", bringer="Northlight")
    assert given.kind == "team"
    assert given.teams[0].missing == (0,)
    assert given.missing == (Missing(0, None),)


def test_a_blocked_firm_is_nowhere_in_the_answer() -> None:
    for needs in (NEEDS, ("hosting",)):
        given = STORY.answer(*needs, asker="anna", bringer="Northlight", own={"bea": (2, 5)}, teams=9, alternates=9)
        assert "Bramble" not in named(STORY, given)
    ask = STORY.ask("rare", asker="anna", bringer="Northlight", own={"bea": (2, 5)})
    assert answer(STORY.world(), ask, np.full((1, len(STORY.nodes)), 0.1)).missing[0].nearest[1] != STORY.firm(
        "Bramble"
    )


def test_an_unknown_firm_is_suggested_and_marked_even_without_members() -> None:
    town = Town({"Mine": (), "Theirs": ("x",)}, {"anna": "Mine"})
    given = town.answer("x", asker="anna", bringer="Mine")
    seat = given.teams[0].seats[0]
    assert (town.names[seat.business], seat.member) == ("Theirs", None)
    trust = next(r for r in given.teams[0].reasons if r.signal == "trust" and r.business == seat.business)
    assert trust.data["known"] is Known.NOT_YET
    nobody_at_all = Town({"Mine": (), "Theirs": ("x",)})
    assert nobody_at_all.answer("x", bringer="Mine").kind == "team"


def test_many_facts_beat_few_for_the_seat() -> None:
    town = Town(
        {"Mine": (), "Few": ("x",), "Many": ("x",)},
        {"anna": "Mine", "bea": "Few", "carla": "Many"},
        ["anna worked bea", *["anna worked carla"] * 4],
    )
    assert town.holders(town.answer("x", asker="anna", bringer="Mine").teams[0])["0"] == "Many"


def test_a_prime_prefers_a_partner_that_it_knows() -> None:
    town = Town(
        {"Lead": ("x evidenced 9",), "Other": ("y",), "Friend": ("y",)},
        {"lea": "Lead", "otto": "Other", "fay": "Friend"},
        ["lea worked fay"],
    )
    assert town.holders(town.answer("x", "y").teams[0]) == {
        "business development": "Lead", "project management": "Lead", "0": "Lead", "1": "Friend",
    }  # fmt: skip


def test_a_claim_on_a_child_takes_the_seat_but_ranks_below_the_node_itself() -> None:
    town = Town({"Mine": (), "Child": ("y",), "Node": ("x",)})
    ask = town.ask("x", bringer="Mine")
    near = town.nearness(ask)
    near[0, town.nodes.index("y")] = 0.6
    given = answer(town.world(), ask, near)
    assert [town.holders(team)["0"] for team in given.teams] == ["Node", "Child"]


def test_no_needs_too_many_needs_or_a_wrong_matrix_raise_value_error() -> None:
    with pytest.raises(ValueError, match="1 to 12 needs, not 0"):
        STORY.answer()
    with pytest.raises(ValueError, match="not 13"):
        STORY.answer(*["design"] * 13)
    with pytest.raises(ValueError, match="nearness"):
        answer(STORY.world(), STORY.ask("design"), np.ones((2, 2)))


@st.composite
def towns(draw: st.DrawFn) -> tuple[Town, dict[str, object], tuple[str, ...]]:
    """Draw a random small town, the options of an ask, and its needs."""
    levels = ("", " vouched 2", " evidenced 3")
    claims = st.lists(
        st.builds("{}{}".format, st.sampled_from("xyz"), st.sampled_from(levels)), max_size=3, unique_by=lambda c: c[0]
    )
    firms = {name: tuple(draw(claims)) for name in "ABCDE"}
    people = {name.lower(): name for name in "ABCDE"[: draw(st.integers(1, 5))]}
    fact = st.builds(
        "{} {} {}".format,
        st.sampled_from([*people]),
        st.sampled_from(["worked", "met", "vouch"]),
        st.sampled_from([*people]),
    )
    facts = [f for f in draw(st.lists(fact, max_size=6)) if f.split()[0] != f.split()[2]]
    bands = {name: (draw(st.integers(0, 3)), draw(st.integers(0, 3))) for name in people}
    works = draw(st.lists(st.sampled_from(["A gave B", "B gave A", "C gave A"]), max_size=3))
    more = {
        "asker": draw(st.sampled_from(["", "a"])),
        "bringer": draw(st.sampled_from(["", "A"])),
        "shape": draw(st.sampled_from([None, "hand over", "together", "alone"])),
    }
    return Town(firms, people, facts, works, bands), more, tuple(draw(st.permutations(["x", "y?", "z"])))


@pytest.mark.parametrize("examples", [30, pytest.param(120, marks=pytest.mark.slow)])
def test_invariants_of_every_answer(examples: int) -> None:
    settings(max_examples=examples)(given(towns())(check_invariants))()


def check_invariants(drawn: tuple[Town, dict[str, object], tuple[str, ...]]) -> None:
    town, more, needs = drawn
    given = town.answer(*needs, **more)
    assert given == town.answer(*needs, **more)
    scores = [team.score for team in given.teams]
    assert scores == sorted(scores, reverse=True)
    assert not scores or scores[0] == given.proof.bound
    coverable = {n for n in range(len(needs)) if town.answer(needs[n], **more).kind != "nobody"}
    if given.teams and more["shape"] != "alone":
        assert {*given.teams[0].missing} == {*range(len(needs))} - coverable
    for team in given.teams:
        assert sum(reason.contribution for reason in team.reasons) == pytest.approx(team.score, abs=1e-9)
        assert min(reason.contribution for reason in team.reasons) >= 0
        assert all(0 < reason.strength <= 1 for reason in team.reasons)
        assert 0 <= team.shown <= 100
        assert {seat.need for seat in team.seats} - {None} == {*range(len(needs))} - {*team.missing}
        assert sum(seat.share for seat in team.seats) <= 1 + 1e-9
        standing = [seat for seat in team.seats if seat.need is None]
        assert {seat.business for seat in standing} == ({team.prime} if team.prime is not None else set())
        if more["bringer"] and team.prime is None:
            assert town.firm("A") not in {seat.business for seat in team.seats}
        assert all(other.business != seat.business for seat in team.seats for other in seat.alternates)
    shown = [team.shown for team in given.teams]
    assert shown == sorted(shown, reverse=True)


def best(*needs: str, **town: Any) -> str | None:
    given = Town(**town).answer(*needs)
    return Town(**town).names[given.teams[0].seats[0].business] if given.teams else None


def test_a_firm_that_only_writes_about_a_need_can_take_its_seat() -> None:
    assert best("x", firms={"plain": (), "writer": ()}, writes={"writer": 0.9}) == "writer"
    assert best("x", firms={"plain": ("x",), "writer": ("x",)}, writes={"writer": 0.5}) == "writer"
    assert best("x", firms={"both": ("x",), "writer": ()}, writes={"writer": 0.9, "both": 0.9}) == "both"
    assert best("x", firms={"shown": ("x evidenced 1",), "writer": ("x",)}, writes={"writer": 1.0}) == "shown"


def test_a_sentence_alone_is_of_the_level_says() -> None:
    given = Town(firms={"a": (), "b": ()}, writes={"b": 0.9}).answer("x")
    fit = next(reason for reason in given.teams[0].reasons if reason.signal == "fit")
    assert fit.data["level"] == "says"
    assert fit.strength == pytest.approx(0.9 * 0.4)


def test_what_a_firm_writes_against_a_need_bars_its_sentence_and_not_its_claim() -> None:
    assert best("x", firms={"writer": ()}, writes={"writer": -0.9}) is None
    assert best("x", firms={"writer": ("x",), "other": ("x",)}, writes={"writer": -0.9}) == "other"
    assert best("x", firms={"writer": ("x",)}, writes={"writer": -0.9}) == "writer"


def test_the_bringers_own_sentences_give_it_no_seat() -> None:
    town = Town(firms={"a": (), "b": ()}, members={"anna": "a"}, writes={"a": 0.9})
    assert town.answer("x", asker="anna", bringer="a").kind == "nobody"


def test_who_is_blocked_gets_no_seat_by_a_sentence() -> None:
    town = Town(firms={"a": (), "b": ()}, members={"anna": "a", "bea": "b"}, writes={"b": 0.9})
    assert town.answer("x", asker="anna", bringer="a", own={"bea": (1, 5)}).kind == "nobody"
