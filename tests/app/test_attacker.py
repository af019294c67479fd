"""Somebody who knows every rating but one, and may change them, reads the published bands and guesses with Bayes' rule.

The attacker is a member with eight colluding firms. All of them rate the same people as the victim, set
their ratings so that the next band says as much as it can of the victim's, and rate anew each season for half a year.
The bands are read from the pages that the attacker's browser is shown.
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

PRIOR = {1: 0.05, 2: 0.10, 3: 0.20, 4: 0.40, 5: 0.25}  # how people rate; a blind guess is right 0.40 of the time
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
    """How likely the published rules make this band where the victim said ``value``; chance is even from -1 to 1."""
    weight = raters + PRIOR_WEIGHT
    total = value + others + PRIOR_WEIGHT * PRIOR_MEAN
    if not spread:
        return float(seen == (3 if total >= BAND_3_FROM * weight else 1 if total < BAND_2_FROM * weight else 2))
    warm = (1 - min(1, max(-1, (BAND_3_FROM * weight - total) / spread))) / 2
    cold = (1 + min(1, max(-1, (BAND_2_FROM * weight - total) / spread - 1))) / 2
    return (cold, 1 - warm - cold, warm)[seen - 1]


def learned(belief: Belief, chances: Belief) -> Belief:
    total = sum(belief[value] * chances[value] for value in belief)
    return {value: belief[value] * chances[value] / total for value in belief}


def read(page: str) -> list[int]:
    """The two bands that the sentence on a member's page stands for."""
    return [next(number for number, word in enumerate(words, 1) if word in page) for words in WORDS]


@cache
def best_question(shares: tuple[float, ...], raters: int, spread: float) -> int:
    """The sum of the colluders' ratings after which the attacker, who believes in 1-5 so much, is the least unsure."""
    belief = dict(zip(PRIOR, shares, strict=True))

    def left(others: int) -> float:
        unsure = 0.0
        for seen in (1, 2, 3):
            joint = [belief[value] * likelihood(seen, value, others, raters, spread) for value in belief]
            unsure -= sum(part * math.log(part / sum(joint)) for part in joint if part > 0)
        return unsure

    return min(range(raters + 3, 5 * raters - 8), key=left)  # where three of them can move and leave the sum


def ratings_that_sum(total: int, before: list[int], people: int) -> list[int]:
    """Ratings of that sum, at least three of them other than before; a rating nobody gave before is another one."""
    for turn in range(1000):
        rng, said = random.Random(turn), [1] * people
        while sum(said) < total:
            at = rng.choice([at for at in range(people) if said[at] < 5])
            said[at] += 1
        if not before or sum(one != other for one, other in zip(said, before, strict=True)) >= bands.LEAST_CHANGED:
            return said
    raise AssertionError("the colluders cannot ask that")


@pytest.fixture
def attack(engine: Engine, sign_in: SignIn, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Attack:
    """Attack as many ratings as there are ratees, both dimensions, by that many looks at the bands: the shares of
    guesses that are right, see ``hits``. Rules are taken as they stand in ``bands``."""
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
                for of, seen in enumerate(read(page)):
                    chances = {v: likelihood(seen, v, asked[at][of], raters, bands.SPREAD) for v in PRIOR}
                    beliefs[at][of] = learned(beliefs[at][of], chances)
        return hits(beliefs, truth)

    return run


def hits(beliefs: list[list[Belief]], truth: list[list[int]]) -> tuple[float, float, float]:
    """The shares of right guesses, of 1-5 and of the third it lies in; and how sure the attacker is of the former."""
    right, third, sure = [], [], []
    for both, true in zip(beliefs, truth, strict=True):
        for belief, value in zip(both, true, strict=True):
            right.append(max(belief, key=lambda guess: belief[guess]) == value)
            shares = [sum(belief[each] for each in belief if THIRDS[each] == part) for part in range(3)]
            third.append(shares.index(max(shares)) == THIRDS[value])
            sure.append(max(belief.values()))
    return sum(right) / len(right), sum(third) / len(third), sum(sure) / len(sure)


@pytest.mark.slow
def test_half_a_year_of_bands_tells_the_attacker_little_more_than_nothing(attack: Attack) -> None:
    first, half_a_year = bands.PATIENCE + timedelta(days=7), timedelta(weeks=26)
    looks = 1 + (half_a_year - first) // bands.SEASON
    assert looks == 2
    assert max(attack(looks)) <= BLIND + MARGIN


@pytest.mark.slow
def test_the_same_attacker_reads_bands_that_no_chance_and_no_season_protect(
    attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bands, "SPREAD", 0.0)
    monkeypatch.setattr(bands, "SEASON", timedelta(days=7))
    assert min(attack(3)) > 0.95


@pytest.mark.slow
def test_the_same_attacker_reads_an_exact_mean_at_the_first_look(
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
    monkeypatch.setattr(here, "read", lambda page: [int(each) for each in re.findall(r"means (\d+) (\d+)", page)[0]])
    monkeypatch.setattr(
        here, "likelihood", lambda seen, value, others, n, _spread: float(seen == mean(value, others, n))
    )
    assert min(attack(1)) == 1.0
