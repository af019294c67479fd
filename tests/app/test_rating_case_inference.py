"""An attack on private ratings through a rating case: three insiders read one rating from what its pages show.

The insiders are a chapter's lead and two members who rate the same people as the victim, one of them an admin. Each
person whom the victim rated asks for a look at their band. The insiders have seen the code: first they play the case on
people of their own, for every pair of their own ratings and every rating of a victim, and note what its page shows.
Then they rate as told the victim's apart best, open the real cases and compare. They know how people rate.
"""

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations_with_replacement

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.facts import rating_band as bands
from directory.facts.interaction import Interaction, InteractionKind
from directory.facts.rating import Rating
from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, Role
from tests.app.conftest import SignIn
from tests.app.test_rating_inference import MARGIN, PRIOR

WEEK = timedelta(days=7)
WHY = {"reason": "She says that it is unfair to her."}
Plan = tuple[int, int]


class Insiders:
    """The browsers of a lead and of an admin; the admin, another insider and a victim rate whoever is made here."""

    def __init__(self, engine: Engine, sign_in: SignIn, now: datetime) -> None:
        self.engine, self.sign_in, self.now = engine, sign_in, now
        with write_session(engine) as session:
            chapter = Chapter(key="tucson", name="Tucson")
            session.add(chapter)
            session.flush()
            self.chapter_id = chapter.id
            lead, *raters = (self.person(session) for _ in range(4))
            raters[0].is_admin = True
            session.add(ChapterRole(member_id=lead.id, chapter_id=chapter.id, role=Role.LEAD))
            self.raters = [rater.id for rater in raters]
            ids = lead.id, self.raters[0]
        with Session(engine) as session:
            self.lead, self.admin = (sign_in(session.get_one(Member, id)) for id in ids)

    def person(self, session: Session) -> Member:
        firm = Business(name="A firm", chapter_id=self.chapter_id, created_at=self.now)
        member = Member(name="Somebody", business=firm, joined_at=self.now - 60 * WEEK)
        session.add(member)
        session.flush()
        return member

    def pages(self, ratings: Sequence[tuple[int, int, int]]) -> list[str]:
        """Return what the case of each new person shows whom the two insiders and the victim rate so."""
        then = self.now - 20 * WEEK
        with write_session(self.engine) as session:
            people = [self.person(session) for _ in ratings]
            for ratee, said in zip(people, ratings, strict=True):
                for rater, value in zip(self.raters, said, strict=True):
                    pair = {"said_by_id": rater, "other_id": ratee.id, "kind": InteractionKind.MET}
                    session.add(Interaction(**pair, happened_on=then.date(), said_at=then, confirmed_at=then))
                    on = then + timedelta(days=rater)  # on days that differ, so that they tell nothing
                    same = {"warmth": value, "competence": value, "rated_at": on}
                    session.add(Rating(rater_id=rater, ratee_id=ratee.id, **same))
            session.flush()
            bands.publish_bands(session, now=self.now, chance=lambda: 0.0)
            ids = [ratee.id for ratee in people]
        seen = []
        for ratee_id in ids:
            with Session(self.engine) as session:
                assert self.sign_in(session.get_one(Member, ratee_id)).post("/ratings/flag").status_code == 303
            seen.append(self.look())
        return seen

    def look(self) -> str:
        """Return the text of the only open case, and close it."""
        case = re.findall(r'href="(/rating-cases/\w+)"', self.lead.get("/rating-cases").text)[0]
        for browser in (self.lead, self.admin):
            browser.post(case, data={**WHY, "act": "open"})
        page = self.lead.post(case, data=WHY).text
        assert self.lead.post(case, data={**WHY, "act": "close"}).status_code == 303
        return contents(page)


def contents(page: str) -> str:
    """Return the text of the cards of a case in an order of its own: the letters of the raters are by chance."""
    body = re.sub(r"<form.*?</form>", "", page[page.index('id="content"') :], flags=re.S)
    cards = re.findall(r"<section.*?</section>", body, re.S)
    return "\n".join(sorted(re.sub(r"R\d+|<[^>]+>|\s+", " ", card) for card in cards))


def share_right(insiders: Insiders, plans: Sequence[Plan], people: int) -> tuple[float, float]:
    """Return the share of ratings that the insiders read right, and that of a blind guess on the same ratings."""
    lab = [(*plan, value) for plan in plans for value in PRIOR]
    shown: defaultdict[Plan, dict[int, str]] = defaultdict(dict)
    for (*plan, value), page in zip(lab, insiders.pages(lab), strict=True):
        shown[plan[0], plan[1]][value] = page

    def guess(plan: Plan, page: str) -> int:
        fits = [value for value in PRIOR if shown[plan][value] == page] or list(PRIOR)
        return max(fits, key=lambda value: PRIOR[value])

    best = max(plans, key=lambda plan: sum(PRIOR[v] for v in PRIOR if guess(plan, shown[plan][v]) == v))
    truth = random.Random(20261130).choices(list(PRIOR), list(PRIOR.values()), k=people)
    pages = insiders.pages([(*best, value) for value in truth])
    right = [guess(best, page) == value for page, value in zip(pages, truth, strict=True)]
    usual = max(PRIOR, key=lambda value: PRIOR[value])
    return sum(right) / people, truth.count(usual) / people


@pytest.fixture
def insiders(engine: Engine, sign_in: SignIn, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Insiders:
    monkeypatch.setattr(bands, "SMALL_NETWORK", 10_000)  # all of them stand for members of many small networks
    return Insiders(engine, sign_in, now)


def test_a_case_tells_three_insiders_nothing_about_a_rating(insiders: Insiders) -> None:
    pages = insiders.pages([(2, 4, value) for value in (1, 3, 5)])
    assert len(set(pages)) == 1


@pytest.mark.slow
def test_three_insiders_read_a_rating_no_better_than_a_blind_guess(insiders: Insiders) -> None:
    right, blind = share_right(insiders, list(combinations_with_replacement(PRIOR, 2)), people=90)
    assert right <= blind + MARGIN
