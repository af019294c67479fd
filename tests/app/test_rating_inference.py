"""An attack on private ratings: Bayesian inference of one rating from the published bands.

The attacker is a member with eight colluding firms, who know and may change every rating but the victim's. They rate
the same people as the victim, choose their ratings so that the next band reveals as much as possible about the
victim's, and rate again each season for half a year. The bands are read from the pages shown to the attacker.
"""

import math
import random
import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

import pytest
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.facts import rating_band as bands
from directory.facts.rating import Rating
from directory.facts.rating_band import BAND_2_FROM, BAND_3_FROM, PRIOR_MEAN, PRIOR_WEIGHT
from directory.people.tables import Business, Member
from tests.app.conftest import SignIn

PRIOR = {1: 0.05, 2: 0.10, 3: 0.20, 4: 0.40, 5: 0.25}  # how people rate; a blind guess is right with probability 0.40
THIRDS = {1: 0, 2: 0, 3: 0, 4: 1, 5: 2}
BLIND = 0.40
MARGIN = 0.10
COLLUDERS = 8
RATEES = 80
WORDS = (("still finding out", "speak well", "speak warmly"), ("wait and see", "rely on", "trust the work fully"))
Belief = dict[int, float]
Attack = Callable[[int], tuple[float, float, float]]


@cache
def likelihood(seen: int, value: int, others: int, raters: int, spread: float) -> float:
    """Return the probability of this band under the published rules if the victim rated ``value``.

    The noise is uniform from -1 to 1.
    """
    weight = raters + PRIOR_WEIGHT
    total = value + others + PRIOR_WEIGHT * PRIOR_MEAN
    if not spread:
        return float(seen == (3 if total >= BAND_3_FROM * weight else 1 if total < BAND_2_FROM * weight else 2))
    warm = (1 - min(1, max(-1, (BAND_3_FROM * weight - total) / spread))) / 2
    cold = (1 + min(1, max(-1, (BAND_2_FROM * weight - total) / spread - 1))) / 2
    return (cold, 1 - warm - cold, warm)[seen - 1]


def posterior(belief: Belief, chances: Belief) -> Belief:
    total = sum(belief[value] * chances[value] for value in belief)
    return {value: belief[value] * chances[value] / total for value in belief}


def read_bands(page: str) -> list[int]:
    """Return the two bands that the sentence on a member's page stands for."""
    return [next(number for number, word in enumerate(words, 1) if word in page) for words in WORDS]


@cache
def best_question(shares: tuple[float, ...], raters: int, spread: float) -> int:
    """Return the sum of the colluders' ratings that minimises the expected entropy of the attacker's belief.

    ``shares`` are the attacker's probabilities of 1 to 5.
    """
    belief = dict(zip(PRIOR, shares, strict=True))

    def expected_entropy(others: int) -> float:
        entropy = 0.0
        for seen in (1, 2, 3):
            joint = [belief[value] * likelihood(seen, value, others, raters, spread) for value in belief]
            entropy -= sum(part * math.log(part / sum(joint)) for part in joint if part > 0)
        return entropy

    # Sums that stay the same when three of the ratings change.
    return min(range(raters + 3, 5 * raters - 8), key=expected_entropy)


def ratings_that_sum(total: int, before: list[int], people: int) -> list[int]:
    """Return ratings of that sum; if there were ratings before, so many differ that a band surely moves."""
    changed = bands.LEAST_CHANGED + bands.EXTRA
    for seed in range(1000):
        rng, said = random.Random(seed), [1] * people
        while sum(said) < total:
            at = rng.choice([at for at in range(people) if said[at] < 5])
            said[at] += 1
        if not before or sum(one != other for one, other in zip(said, before, strict=True)) >= changed:
            return said
    raise AssertionError("the colluders cannot reach that sum")


@pytest.fixture
def attack(engine: Engine, sign_in: SignIn, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Attack:
    """Return a function that attacks the ratings of all ratees, in both dimensions, by a number of looks at the bands.

    It returns what ``hits`` returns. The rules are read from ``bands``.
    """
    rng = random.Random(20261102)
    with write_session(engine) as session:
        people = [
            Member(name=f"Person {number}", business=Business(name=f"F {number}", created_at=now), joined_at=now)
            for number in range(RATEES + COLLUDERS + 1)
        ]
        session.add_all(people)
        session.flush()
        ids, paths = [member.id for member in people], [f"/members/{member.public_id}" for member in people]
    with Session(engine) as session:
        attacker: FlaskClient = sign_in(session.get_one(Member, ids[-2]))
    ratees, colluders, victim = ids[:RATEES], ids[RATEES:-1], ids[-1]
    values = list(PRIOR)
    truth = [list(rng.choices(values, list(PRIOR.values()), k=2)) for _ in ratees]
    monkeypatch.setattr(bands, "random_noise", lambda: rng.uniform(-1, 1))

    def rows(rater: int, at: int, said: list[int], when: datetime) -> dict[str, object]:
        return {"rater_id": rater, "ratee_id": ratees[at], "warmth": said[0], "competence": said[1], "rated_at": when}

    def run(looks: int) -> tuple[float, float, float]:
        beliefs = [[dict(PRIOR), dict(PRIOR)] for _ in ratees]
        said: list[list[list[int]]] = [[[], []] for _ in ratees]
        when, raters = now, COLLUDERS + 1
        with write_session(engine) as session:
            session.execute(insert(Rating), [rows(victim, at, truth[at], when) for at in range(RATEES)])
        for look in range(looks):
            asked = [
                [best_question(tuple(belief.values()), raters, bands.SPREAD) for belief in both] for both in beliefs
            ]
            for at, sums in enumerate(asked):
                said[at] = [ratings_that_sum(sums[of], said[at][of], len(colluders)) for of in (0, 1)]
            with write_session(engine) as session:
                new = [
                    rows(rater, at, [said[at][0][who], said[at][1][who]], when)
                    for at in range(RATEES)
                    for who, rater in enumerate(colluders)
                ]
                session.execute(insert(Rating), new)
            when += bands.PATIENCE + timedelta(days=7) if look == 0 else bands.SEASON
            with write_session(engine) as session:
                bands.publish_bands(session, now=when, chance=bands.random_noise)
            for at in range(RATEES):
                page = attacker.get(paths[at]).text
                for of, seen in enumerate(read_bands(page)):
                    chances = {v: likelihood(seen, v, asked[at][of], raters, bands.SPREAD) for v in PRIOR}
                    beliefs[at][of] = posterior(beliefs[at][of], chances)
        return hits(beliefs, truth)

    return run


def hits(beliefs: list[list[Belief]], truth: list[list[int]]) -> tuple[float, float, float]:
    """Return the share of right guesses of the value, of right guesses of its third, and the mean confidence."""
    right, third, sure = [], [], []
    for both, true in zip(beliefs, truth, strict=True):
        for belief, value in zip(both, true, strict=True):
            right.append(max(belief, key=lambda guess: belief[guess]) == value)
            shares = [sum(belief[each] for each in belief if THIRDS[each] == part) for part in range(3)]
            third.append(shares.index(max(shares)) == THIRDS[value])
            sure.append(max(belief.values()))
    return sum(right) / len(right), sum(third) / len(third), sum(sure) / len(sure)


@pytest.mark.slow
def test_half_a_year_of_bands_adds_at_most_0_10_to_a_blind_guess(attack: Attack) -> None:
    first, half_a_year = bands.PATIENCE + timedelta(days=7), timedelta(weeks=26)
    looks = 1 + (half_a_year - first) // bands.SEASON
    assert looks == 2
    assert max(attack(looks)) <= BLIND + MARGIN


@pytest.mark.slow
def test_without_noise_and_season_the_same_attacker_learns_the_ratings(
    attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bands, "SPREAD", 0.0)
    monkeypatch.setattr(bands, "EXTRA", 0)
    monkeypatch.setattr(bands, "SEASON", timedelta(days=7))
    assert min(attack(3)) > 0.95


@pytest.mark.slow
def test_with_an_exact_mean_the_same_attacker_learns_the_ratings_at_once(
    app: Site, attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mean(value: float, others: float, raters: int) -> int:
        return round(1000 * (value + others + PRIOR_WEIGHT * PRIOR_MEAN) / (raters + PRIOR_WEIGHT))

    loader = app.jinja_env.loader
    assert loader is not None
    parts = loader.get_source(app.jinja_env, "partials/ui.html")[0]
    exact = r"\1means {{ warmth }} {{ competence }}.\2"
    shown = re.sub(r"({% macro band\(.*? -%}).*?({%- endmacro %})", exact, parts, flags=re.S)
    monkeypatch.setattr(app.jinja_env, "loader", ChoiceLoader([DictLoader({"partials/ui.html": shown}), loader]))
    monkeypatch.setattr(bands, "band_of", lambda views, _chance: mean(0, sum(views), len(views)))
    here = sys.modules[__name__]
    monkeypatch.setattr(
        here, "read_bands", lambda page: [int(each) for each in re.findall(r"means (\d+) (\d+)", page)[0]]
    )
    monkeypatch.setattr(
        here, "likelihood", lambda seen, value, others, n, _spread: float(seen == mean(value, others, n))
    )
    assert min(attack(1)) == 1.0
