"""The answer to an ask: the best teams of a prime and its partners, the reasons for them, and what is missing.

The firm that brings the ask is prime and keeps the standing seats, business development and project management, unless
it hands the ask over: then it holds no seat, and there is neither a prime nor a standing seat. Where nobody brings the
ask, every firm that covers a need is tried as prime. Any firm that covers a need and is not blocked can be a partner.
A firm covers a need by a claim, or by a sentence of its own that says it does the work; the bringer's and the asker's
own firm by a claim only, since they know what they do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from math import fsum, inf, prod
from typing import Any

import numpy as np

from matching import score_blend
from matching.inputs import Ask, Bools, Floats, Ints, Statements, World, per_world
from matching.outputs import Alternate, Answer, Known, Missing, Proof, Seat, Step, Team, WhyNot, Without
from matching.seat_candidates import COVERS, LEVEL_WORTH, SeatCandidates, level, works_on
from matching.signals import WEIGHTS_VERSION
from matching.team_search import NEVER, Cover, Options, covers
from matching.trust import AskerTrust, fact_graph, paths, vantage
from matching.work_shape import proposed_shape

MAX_NEEDS = 12


def answer(world: World, ask: Ask, nearness: Floats, statements: Statements | None = None) -> Answer:
    """Return the ``ask.teams`` best teams; the first one is proven to be optimal.

    ``nearness`` is (needs, capabilities) in [0, 1]: how well a claim on the capability meets the need. A claim or a
    statement of at least COVERS can take the seat. Raises ValueError for no needs, more than 12, or a matrix of another
    shape.
    """
    needs = len(ask.needs)
    if not 1 <= needs <= MAX_NEEDS:
        raise ValueError(f"An ask has 1 to {MAX_NEEDS} needs, not {needs}: join the smallest, or ask twice.")
    if nearness.shape != (needs, len(world.taxonomy.ids)):
        raise ValueError(f"nearness is {nearness.shape}, not (needs, capabilities).")
    _check_demands(world, ask)
    wants_partners = ask.shape == "together"
    if ask.bringer is not None and ask.shape is None:
        ask = replace(ask, shape=proposed_shape(world, ask, nearness, statements))
    seen = vantage(world, ask)
    table = _Table(world, ask, nearness, seen, statements)
    musts = [index for index, need in enumerate(ask.needs) if need.must] or list(range(needs))
    counts = (table.value > NEVER / 2).sum(axis=0)
    teams: tuple[Team, ...] = ()
    if counts[musts].any():
        options = table.options()
        useful = (cover for cover in covers(options) if any(cover.holders[need] >= 0 for need in musts))
        wanted = max(1, ask.teams)
        best = list(islice(useful, wanted + wants_partners))
        if wants_partners:
            best = [cover for cover in best if cover.partners(options)][:wanted] or best
        firms = table.firms[sorted({firm for cover in best for firm in (*cover.holders, cover.prime) if firm >= 0})]
        ways = paths(world, ask, seen, seen.member[firms][~seen.own[firms]].tolist())
        # The search sums in another order than the reasons do, so equal scores may differ in the last bit.
        teams = tuple(sorted((table.team(options, cover, ways) for cover in best), key=lambda team: -team.score))
    open_needs = teams[0].missing if teams else tuple(range(needs))
    alone = bool(teams) and {seat.business for seat in teams[0].seats} == {ask.bringer}
    kind = "nobody" if not teams else "yourself" if alone and not {*musts} & {*open_needs} else "team"
    return Answer(
        kind=kind,
        teams=teams,
        missing=tuple(Missing(need, table.nearest(need)) for need in open_needs),
        proof=Proof(teams[0].score if teams else 0.0, len(table.leaders) * prod(max(1, int(n)) for n in counts)),
        weights_version=WEIGHTS_VERSION,
    )


def without(world: World, ask: Ask, nearness: Floats, business: int, statements: Statements | None = None) -> Without:
    """Return what the ask's best team loses if ``business`` is not available."""
    best = answer(world, ask, nearness, statements)
    rest = answer(world, replace(ask, excluded=ask.excluded | {business}), nearness, statements)
    lost = best.proof.bound - rest.proof.bound
    before = {missing.need for missing in best.missing}
    return Without(business, lost, tuple(each.need for each in rest.missing if each.need not in before), rest)


def why_not(world: World, ask: Ask, nearness: Floats, business: int, statements: Statements | None = None) -> WhyNot:
    """Return why ``business`` is not in the ask's best team, with the best team that holds it.

    The other firms are kept from one need after the other that it covers; the best of all tries is the best with it.
    """
    best = answer(world, replace(ask, teams=1), nearness, statements)
    if any(seat.business == business for team in best.teams for seat in team.seats):
        return WhyNot(business, "chosen", 0.0, best.teams[0])
    if business in ask.excluded:
        return WhyNot(business, "excluded", inf, None)
    if ask.bringer is not None and ask.shape is None:
        ask = replace(ask, shape=proposed_shape(world, ask, nearness, statements))
    table = _Table(world, ask, nearness, vantage(world, ask), statements)
    if table.seen.blocked[business]:
        return WhyNot(business, "blocked", inf, None)
    place = int(np.searchsorted(table.firms, business))
    if place == len(table.firms) or table.firms[place] != business:
        return WhyNot(business, "covers nothing", inf, None)
    options, found = table.options(), list[Cover]()
    others = np.arange(len(table.firms)) != place
    for need in np.flatnonzero(table.value[place] > NEVER / 2).tolist():
        value, under = options.value.copy(), options.under.copy()
        value[others, need] = under[options.partner != place, need] = NEVER
        kept = (cover for cover in covers(replace(options, value=value, under=under)) if cover.holders[need] == place)
        found += islice(kept, 1)
    if not found:
        return WhyNot(business, "behind", inf, None)
    team = table.team(options, max(found, key=lambda cover: cover.value), {})
    return WhyNot(business, "behind", max(0.0, best.proof.bound - team.score), team)


def _check_demands(world: World, ask: Ask) -> None:
    """Raise ValueError for demands on teams that contradict each other or name no firm."""
    known = len(world.businesses.ids)
    for firm in (*ask.excluded, *(firm for pair in ask.apart for firm in pair)):
        if not 0 <= firm < known:
            raise ValueError(f"{firm} is no business.")
    for one, other in ask.apart:
        if one == other:
            raise ValueError(f"Business {one} cannot be kept apart from itself.")
    if ask.bringer in ask.excluded and ask.shape != "hand over":
        raise ValueError(f"Business {ask.bringer} brings the lead and is excluded from it.")
    if not 0 <= ask.least_kept <= 1:
        raise ValueError(f"A prime keeps a share of 0 to 1, not {ask.least_kept}.")


@per_world
def acquainted(world: World) -> tuple[Ints, Ints]:
    """Return all (prime, partner) pairs of firms that share facts or works, sorted."""
    facts, (_, works), size = fact_graph(world).firms, works_on(world), len(world.businesses.ids)
    keys = np.union1d(facts.keys, works.end * size + works.start)
    return keys // size, keys % size


class _Table:
    """Every eligible firm in every seat it covers: rows of ``candidates``, and a (firms, needs) matrix of values."""

    def __init__(
        self, world: World, ask: Ask, nearness: Floats, seen: AskerTrust, statements: Statements | None
    ) -> None:
        self.world, self.ask, self.nearness, self.seen, self.statements = world, ask, nearness, seen, statements
        self.is_led = ask.bringer is None or ask.shape != "hand over"
        self.standing = score_blend.STANDING if self.is_led else 0.0
        self.share = np.array([need.share for need in ask.needs]) * (1 - self.standing)
        self.reachable: Bools = ~seen.blocked & (self.is_led | ~seen.own)
        self.reachable[[*ask.excluded]] = False
        is_alone = ask.bringer is not None and ask.shape == "alone"
        self.eligible: Bools = np.arange(len(seen.blocked)) == ask.bringer if is_alone else self.reachable
        self.candidates = self._candidates()
        # The partners of a bringer that hands over are chosen as its own would be: it is the prime of the search.
        bringer = np.array([] if ask.bringer is None else [ask.bringer], dtype=np.int64)
        self.firms = np.union1d(self.candidates.business, bringer)
        self.leaders = bringer if len(bringer) else self.firms
        self.column = np.searchsorted(self.firms, self.candidates.business)
        self.value = np.full((len(self.firms), len(ask.needs)), NEVER)
        self.value[self.column, self.candidates.need] = score_blend.values(self.candidates)
        self.row = np.full(self.value.shape, -1)
        self.row[self.column, self.candidates.need] = np.arange(len(self.column))

    def _candidates(self) -> SeatCandidates:
        """Return each eligible firm's best claim for each need, or its statement if better, without a prime."""
        claims = self.world.claims
        useful = self.nearness.max(axis=0) >= COVERS
        some = np.flatnonzero(useful[claims.capability])
        some = some[self.eligible[claims.business[some]]]
        needs, at = np.nonzero(self.nearness[:, claims.capability[some]] >= COVERS)
        claim, firm = some[at], claims.business[some[at]]
        near = self.nearness[needs, claims.capability[claim]]
        if self.statements is not None:
            said = self.statements.nearness * (self.eligible & ~self.seen.own & ~self.statements.is_against)
            saying, sayer = np.nonzero(said >= COVERS)
            needs, firm = np.append(needs, saying), np.append(firm, sayer)
            claim, near = np.append(claim, np.full(len(sayer), -1)), np.append(near, said[saying, sayer])
        fit = near * LEVEL_WORTH[level(self._rows(firm, needs, claim, near))]
        best = np.zeros((len(self.share), len(self.eligible)))
        np.maximum.at(best, (needs, firm), fit)
        taken = np.full(best.shape, -1)
        first = np.flatnonzero(fit == best[needs, firm])[::-1]  # the first of equals is written last, and stays
        taken[needs[first], firm[first]] = first
        rows = taken[taken >= 0]
        return self._rows(firm[rows], needs[rows], claim[rows], near[rows])

    def _rows(
        self, business: Ints, need: Ints, claim: Ints, near: Floats, prime: int | Ints = -1, **more: Any
    ) -> SeatCandidates:
        share = more.pop("share", None)
        share = self.share[need] if share is None else share
        under = np.broadcast_to(np.asarray(prime), business.shape)
        return SeatCandidates(
            self.world, self.ask, self.seen, business, need, claim, near, under, share, self.statements, **more
        )

    def _bare(self, business: Ints, prime: Ints, share: float) -> SeatCandidates:
        """Return rows of firms under primes without a need: for standing seats, and for the value of a pair."""
        nothing = np.full(len(business), -1)
        shares = np.full(len(business), share)
        return self._rows(business, nothing, nothing, np.zeros(len(business)), prime, share=shares)

    def options(self) -> Options:
        """Return the input of the search. Only firms that share facts or works have a higher value as a pair."""
        size = len(self.firms)
        place = np.full(len(self.eligible), -1)
        place[self.firms] = np.arange(size)
        primes = place[self.leaders]
        leader, partner = acquainted(self.world)
        ends = self.firms[primes[[0, -1]]] + [0, 1]
        some = slice(*np.searchsorted(leader, ends).tolist())
        leader, partner = place[leader[some]], place[partner[some]]
        both = np.isin(leader, primes) & (partner >= 0)
        leader, partner = leader[both], partner[both]
        lift = score_blend.prime_bonuses(self._bare(self.firms[partner], self.firms[leader], 1.0))
        gains = lift > 0
        leader, partner, lift = leader[gains], partner[gains], lift[gains]
        standing = score_blend.values(self._bare(self.firms[primes], self.firms[primes], self.standing))
        pairs = np.searchsorted(primes, leader), partner, self.value[partner] + lift[:, None] * self.share
        return Options.of(
            self.value,
            primes,
            standing,
            pairs,
            hands=score_blend.FEW_HANDS,
            is_fixed=self.ask.bringer is not None,
            apart=tuple((int(place[a]), int(place[b])) for a, b in self.ask.apart if place[a] >= 0 and place[b] >= 0),
            share=self.share,
            least_kept=self.ask.least_kept - self.standing if self.is_led else 0.0,
        )

    def team(self, options: Options, cover: Cover, ways: Mapping[int, tuple[Step, ...]]) -> Team:
        """Return the cover as a Team: seats with alternates, reasons that sum to the score, and paths to each firm."""
        prime, needs, first = int(self.firms[cover.prime]), len(self.ask.needs), [0] if self.is_led else []
        held = [need for need in range(needs) if cover.holders[need] >= 0]
        missing = tuple(need for need in range(needs) if cover.holders[need] < 0)
        rows = self.row[[cover.holders[need] for need in held], held]
        firms = np.append(np.full(len(first), prime), self.candidates.business[rows])
        known = {firm: ways.get(int(self.seen.member[firm]), ()) for firm in firms.tolist()}
        candidates = self._rows(
            firms,
            np.array([-1 for _ in first] + held),
            np.append(np.full(len(first), -1), self.candidates.claim[rows]),
            np.append(np.zeros(len(first)), self.candidates.nearness[rows]),
            prime,
            share=np.array([self.standing for _ in first] + self.share[held].tolist()),
            paths=known,
        )
        others = len({*firms.tolist()}) - 1  # besides the firm that leads, or the only one
        hands = score_blend.small_team_reason(int(firms[0]), needs, others, len(missing))
        reasons = (*score_blend.reasons(candidates), hands)
        score = fsum(reason.contribution for reason in reasons)
        standing = (
            ("business development", score_blend.BUSINESS_DEVELOPMENT),
            ("project management", score_blend.PROJECT_MANAGEMENT),
        )
        seats = [Seat(kind, prime, self._member(prime), None, share) for kind, share in standing if self.is_led]
        for need, alternates in zip(held, self._alternates(options, cover, held, score), strict=True):
            firm = int(self.firms[cover.holders[need]])
            seats.append(Seat("need", firm, self._member(firm), need, float(self.share[need]), alternates))
        shown = score_blend.score_percent(score, needs, self.standing)
        return Team(score, shown, prime if self.is_led else None, tuple(seats), reasons, known, missing)

    def _alternates(
        self, options: Options, cover: Cover, held: list[int], score: float
    ) -> Iterator[tuple[Alternate, ...]]:
        """Yield for each held need the other firms that could take it, the rest of the team unchanged, best first."""
        under = options.under_prime(cover.prime)
        for need in held:
            holder = cover.holders[need]
            rest = {cover.prime, *(cover.holders[other] for other in held if other != need)}
            hands = np.ones(len(self.firms))
            hands[list(rest)] = 0.0
            scores = score + under[:, need] - under[holder, need] - score_blend.FEW_HANDS * (hands - hands[holder])
            scores[holder] = NEVER
            best = np.argsort(-scores, kind="stable")[: self.ask.alternates]
            yield tuple(
                Alternate(
                    int(self.firms[at]),
                    self._member(int(self.firms[at])),
                    score_blend.score_percent(float(scores[at]), len(self.ask.needs), self.standing),
                    Known.YES if self.seen.known[self.firms[at]] else Known.NOT_YET,
                )
                for at in best.tolist()
                if scores[at] > NEVER / 2
            )

    def _member(self, firm: int) -> int | None:
        member = int(self.seen.member[firm])
        return member if member >= 0 else None

    def nearest(self, need: int) -> tuple[int, int] | None:
        """Return the (capability, business) of the nearest claim of a firm that is not blocked; None without any."""
        claims = self.world.claims
        near = self.nearness[need, claims.capability] * self.reachable[claims.business]
        if not len(near) or near.max() <= 0:
            return None
        claim = int(np.argmax(near))
        return int(claims.capability[claim]), int(claims.business[claim])
