"""An attack on who rated: whether a band appears, goes or moves tells that one more person has rated.

The attacker is a member whose colluders hold every other rating of a ratee, and who reads the page of each ratee every
Monday. The victim rates half of the ratees, so a blind guess is right half of the time. The attacker has seen the code,
plays the same on people of their own first, with and without a victim, and guesses what fits better.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.facts import rating_band as bands
from directory.facts.rating import Rating
from directory.people.tables import Band, Business, Member
from directory.privacy.erasure import erase
from tests.app.conftest import SignIn
from tests.app.test_rating_inference import read_bands

WEEK = timedelta(days=7)
BLIND, MARGIN = 0.5, 0.15
THRESHOLD = bands.ENOUGH_RATERS  # the network of this test is a large one
Said = tuple[int, int]  # warmth, competence
Plan = Callable[[int, list[bool]], list[Said | None]]  # week, whether a band was shown on each Monday -> what each says


def all_at_once(colluders: int) -> Plan:
    """All rate in the first week, and then they wait."""
    return lambda _week, _seen: [(4, 4)] * colluders


def one_by_one(most: int) -> Plan:
    """One more rates every third week, until a band appears."""

    def plan(week: int, seen: list[bool]) -> list[Said | None]:
        first = seen.index(True) if True in seen else week
        return [(4, 4) if number <= min(first, week) // 3 else None for number in range(most)]

    return plan


def step_back(most: int) -> Plan:
    """As ``one_by_one``, but the last of them takes the rating back once a band appeared, and then they wait."""

    def plan(week: int, seen: list[bool]) -> list[Said | None]:
        if True not in seen:
            return one_by_one(most)(week, seen)
        first = seen.index(True)
        return [(4, 4) if number < first // 3 else None for number in range(most)]

    return plan


def change(changed: int) -> Plan:
    """Enough rate for any band, at its edge; so many say something else once it is there: moves it before the year?"""

    def plan(_week: int, seen: list[bool]) -> list[Said | None]:
        return [(5 - 2 * (at % 2),) * 2 if at < changed and True in seen else (4, 4) for at in range(THRESHOLD + 4)]

    return plan


class Attack:
    """Plays a plan on ratees whom a victim rates in week ``rated_in``, or does not."""

    def __init__(self, engine: Engine, sign_in: SignIn, now: datetime, rng: random.Random) -> None:
        self.engine, self.sign_in, self.now, self.rng = engine, sign_in, now, rng

    def __call__(
        self, plan: Plan, *, people: int, known: int, weeks: int, rated_in: int = 0, left_in: int | None = None
    ) -> float:
        """Return the share of ``people`` ratees about whom the attacker guesses right whether the victim rated them.

        The attacker learns from ``known`` other ratees what a band does with and without the victim's rating, and, if
        ``left_in`` is given, with the victim leaving in that week for good.
        """
        count = known + people
        with write_session(self.engine) as session:
            members = [
                Member(name=f"P {at}", business=Business(name=f"F {at}", created_at=self.now), joined_at=self.now)
                for at in range(count + 2 * THRESHOLD + 1)
            ]
            session.add_all(members)
            session.flush()
            ids, paths = [member.id for member in members], [f"/members/{member.public_id}" for member in members]
        with Session(self.engine) as session:
            browser = self.sign_in(session.get_one(Member, ids[-2]))
        is_rated = [bool(at % 2) for at in range(known)] + self.rng.sample([True, False] * (people // 2), people)
        said: list[dict[int, Said | None]] = [{} for _ in range(count)]
        seen: list[list[str]] = [[] for _ in range(count)]
        for week in range(weeks):
            monday = self.now + week * WEEK
            rows: list[dict[str, object]] = []
            for at in range(count):
                for rater, says in zip(ids[count:-1], plan(week, [bool(text) for text in seen[at]]), strict=False):
                    if says != said[at].get(rater):
                        said[at][rater] = says
                        rows.append(self.row(rater, ids[at], says, monday))
                if is_rated[at] and week == rated_in:
                    rows.append(self.row(ids[-1], ids[at], (4, 4), monday))
            with write_session(self.engine) as session:
                if rows:
                    session.execute(insert(Rating), rows)
                if week == left_in:
                    erase(session, member=session.get_one(Member, ids[-1]), by=None, now=monday)
                bands.publish_bands(session, now=monday + WEEK, chance=lambda: self.rng.uniform(-1, 1))
            with Session(self.engine) as session:
                rows_now = {band.member_id: (band.warmth, band.competence) for band in session.scalars(select(Band))}
            for at in range(count):
                text = "{}{}".format(*rows_now.get(ids[at], (0, 0))).replace("00", "")
                if at >= known and (not week or text != seen[at][-1]):  # an unchanged page need not be read again
                    page = browser.get(paths[at]).text
                    text = "".join(map(str, read_bands(page))) if "People here" in page else ""
                seen[at].append(text)
        events = [story(texts) for texts in seen]
        learned: defaultdict[str, Counter[bool]] = defaultdict(Counter)
        for event, rated in zip(events[:known], is_rated[:known], strict=True):
            learned[event][rated] += 1
        guesses = [learned[event][True] > learned[event][False] for event in events[known:]]
        return sum(guess == rated for guess, rated in zip(guesses, is_rated[known:], strict=True)) / people

    @staticmethod
    def row(rater: int, ratee: int, says: Said | None, at: datetime) -> dict[str, object]:
        warmth, competence = says or (None, None)
        return {"rater_id": rater, "ratee_id": ratee, "warmth": warmth, "competence": competence, "rated_at": at}


def story(texts: list[str]) -> str:
    """Return in which weeks a band came (+), moved (~) or went (-)."""
    changes = [week for week in range(len(texts)) if texts[week] != (texts[week - 1] if week else "")]
    marks = ["-" if not texts[week] else "~" if week and texts[week - 1] else "+" for week in changes]
    return " ".join(f"{week}{mark}" for week, mark in zip(changes, marks, strict=True))


@pytest.fixture
def attack(engine: Engine, sign_in: SignIn, now: datetime) -> Attack:
    return Attack(engine, sign_in, now, random.Random(20261130))


def edge(most: int) -> Plan:
    """As ``one_by_one``; after a year all change, so that a band that may move does."""

    def plan(week: int, seen: list[bool]) -> list[Said | None]:
        said = one_by_one(most)(week, seen)
        return [says and ((1, 1) if week >= 60 else (4, 4)) for says in said]

    return plan


PLANS = {  # plan, weeks, and the week in which the victim rates
    "a threshold less one": (all_at_once(THRESHOLD - 1), 8, 0),
    "one by one": (one_by_one(THRESHOLD + bands.EXTRA), 30, 0),
    "one takes it back": (step_back(THRESHOLD + bands.EXTRA), 64, 33),
    "two change": (change(bands.LEAST_CHANGED - 1), 20, 5),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_what_a_band_does_tells_little_of_who_rated(attack: Attack, name: str) -> None:
    plan, weeks, rated_in = PLANS[name]
    assert attack(plan, people=100, known=200, weeks=weeks, rated_in=rated_in) <= BLIND + MARGIN


@pytest.mark.slow
@pytest.mark.parametrize("plan", [one_by_one, edge], ids=["waits", "changes"])
def test_who_leaves_takes_no_band_along(attack: Attack, plan: Callable[[int], Plan]) -> None:
    share = attack(plan(THRESHOLD + bands.EXTRA), people=100, known=200, weeks=80, left_in=40)
    assert share <= BLIND + MARGIN


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_without_chance_it_tells_who_rated(attack: Attack, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(bands, "EXTRA", 0)
    plan, weeks, rated_in = PLANS[name]
    assert attack(plan, people=20, known=60, weeks=weeks, rated_in=rated_in) > BLIND + MARGIN


def test_a_band_seldom_appears_as_soon_as_the_threshold_is_reached(attack: Attack) -> None:
    plan, _weeks, _rated_in = PLANS["a threshold less one"]
    assert attack(plan, people=6, known=12, weeks=4) <= BLIND + 2 * MARGIN
