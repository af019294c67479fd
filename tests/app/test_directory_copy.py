"""An attack on the directory: one member copies it, by pages, by filters and by what one may type."""

import re
import string
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.errors import Site
from directory.db import write_session
from directory.errors import Conflict
from directory.people.business import index_businesses
from directory.people.chapter import Chapter
from directory.people.tables import Business, ChapterRole, Member, Role
from directory.profiles import rows_seen
from directory.profiles.rows_seen import count_rows, rows_to_show
from tests.app.conftest import SignIn

HOUR = timedelta(hours=1)
SYLLABLES = ("bra", "mel", "tor", "vin", "os", "kel", "dar", "lu")


def name_of(number: int) -> str:
    first, *rest = (SYLLABLES[number // 8**place % 8] for place in range(3))
    return f"{first}{rest[0]}{rest[1]} {rest[1]}son".title()


def seen_in(page: str) -> set[str]:
    return set(re.findall(r'href="/members/(\w+)"', page[page.index('class="narrow-by"') :]))


def fill(engine: Engine, sign_in: SignIn, now: datetime, firms: int) -> FlaskClient:
    """Return the browser of one of so many members."""
    with write_session(engine) as session:
        chapter = Chapter(key="tucson", name="Tucson")
        for number in range(firms):
            firm = Business(name=f"{name_of(number)} Works", chapter=chapter, created_at=now)
            session.add(Member(name=name_of(number), business=firm, joined_at=now))
        session.flush()
        index_businesses(session)
    with Session(engine) as session:
        return sign_in(session.scalars(select(Member).order_by(Member.id).limit(1)).one())


def requests(firms: int, letters: str = "", syllables: Sequence[str] = SYLLABLES) -> Iterator[str]:
    """All pages of the list, then those of a filter, then what one may type."""
    for page in range(1, firms // 24 + 2):
        yield f"/members?page={page}"
        yield f"/members?price=unsaid&page={page}"
    for first in letters:
        yield f"/members?q={first}"
        for syllable in syllables:
            yield f"/members?q={first}{syllable}&page=2"
            yield f"/members?q={syllable}{first}"


def copy(thief: FlaskClient, paths: Iterator[str]) -> set[str]:
    copied: set[str] = set()
    for number, path in enumerate(paths):
        answer = thief.get(path, headers={"HX-Request": "true"} if number % 2 else {})
        assert answer.status_code == 200
        copied |= seen_in(answer.text)
    return copied


@pytest.mark.slow
def test_one_member_sees_at_most_200_rows_an_hour(app: Site, engine: Engine, sign_in: SignIn, now: datetime) -> None:
    thief = fill(engine, sign_in, now, 512)
    first = copy(thief, requests(512, string.ascii_lowercase[:12]))
    assert len(first) == 200
    assert thief.get("/chapter/brochure").text.count('class="entry"') == 200
    app.config["CLOCK"] = lambda: now + HOUR
    assert len(copy(thief, requests(512)) | first) == 400


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_seen, "ROWS_AN_HOUR", 10)
    monkeypatch.setattr(rows_seen, "ROWS_A_DAY", 25)


@pytest.mark.usefixtures("few")
def test_a_copy_ends_at_the_limit_of_the_hour_and_of_the_day(
    app: Site, engine: Engine, sign_in: SignIn, now: datetime
) -> None:
    thief = fill(engine, sign_in, now, 40)
    first = copy(thief, requests(40, "b", SYLLABLES[:2]))
    assert len(first) == 10
    assert thief.get("/chapter/brochure").text.count('class="entry"') == 10
    app.config["CLOCK"] = lambda: now + HOUR
    assert len(copy(thief, requests(40)) | first) == 20
    app.config["CLOCK"] = lambda: now + 2 * HOUR
    assert len(copy(thief, requests(40))) == 25
    app.config["CLOCK"] = lambda: now + 3 * HOUR
    assert len(copy(thief, requests(40))) == 25
    app.config["CLOCK"] = lambda: now + 24 * HOUR
    assert len(copy(thief, requests(40))) >= 10


@pytest.mark.usefixtures("few")
def test_beyond_the_limit_whoever_was_seen_or_is_named_in_full_is_still_found(
    engine: Engine, sign_in: SignIn, now: datetime
) -> None:
    thief = fill(engine, sign_in, now, 40)
    page = thief.get("/members").text
    assert "which is the limit" in page
    assert seen_in(thief.get("/members").text) == seen_in(page)
    hidden = next(name_of(number) for number in range(40) if name_of(number) not in page)
    for typed in (hidden[:2], hidden[:4], hidden[:-1]):
        part = thief.get(f"/members?q={typed}", headers={"HX-Request": "true"})
        assert part.status_code == 200
        assert seen_in(part.text) <= seen_in(page)
        assert "Nobody here fits" not in part.text
    assert hidden in thief.get(f"/members?q={hidden.upper()}").text
    assert f"{hidden} Works" in thief.get(f"/members?q={hidden} works").text
    assert len(seen_in(thief.get("/members").text)) == 11


@pytest.mark.usefixtures("few")
def test_a_lead_sees_all_of_the_chapter(engine: Engine, sign_in: SignIn, now: datetime) -> None:
    thief = fill(engine, sign_in, now, 40)
    assert len(copy(thief, requests(40))) == 10
    with write_session(engine) as session:
        members = session.scalars(select(Member).order_by(Member.id)).all()
        first, last = members[0], members[-1]
        session.add(ChapterRole(member_id=first.id, chapter_id=first.business.chapter_id, role=Role.LEAD))
        last.business.chapter = Chapter(key="mesa", name="Mesa")
        elsewhere = last.public_id
    seen = copy(thief, requests(40))
    assert (len(seen | {elsewhere}), elsewhere in seen) == (40, False)


@pytest.mark.usefixtures("few")
def test_two_requests_at_once_do_not_pass_the_limit(engine: Engine, sign_in: SignIn, now: datetime) -> None:
    fill(engine, sign_in, now, 20)
    with Session(engine) as session:
        reader, *others = session.scalars(select(Member).order_by(Member.id)).all()
        one, other = (rows_to_show(session, reader=reader, rows=rows, now=now) for rows in (others[:8], others[4:12]))
        with write_session(engine) as writer:
            count_rows(writer, reader=reader, seen=one, now=now)
        with pytest.raises(Conflict), write_session(engine) as writer:
            count_rows(writer, reader=reader, seen=other, now=now)
        assert len(rows_to_show(session, reader=reader, rows=others, now=now).shown) == 10
