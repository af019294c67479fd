"""The length of a post is counted by the server while its text is written."""

import re
from datetime import datetime

from playwright.sync_api import expect
from sqlalchemy.orm import Session

from directory.outbox.channel import Channel
from directory.people.chapter import Chapter
from directory.people.tables import ChapterRole, Member, Role
from directory.week.occurrence_planning import plan_occurrences
from directory.week.post import compose
from tests.browser.conftest import Visit


def test_the_length_and_remarks_follow_what_is_typed(
    visit: Visit, session: Session, bea: Member, now: datetime
) -> None:
    chapter = Chapter(key="mesa", name="Mesa", zone="America/Phoenix")
    session.add_all([chapter, Channel(chapter=chapter, kind="x", name="x")])
    session.flush()
    session.add(ChapterRole(member_id=bea.id, chapter_id=chapter.id, role=Role.LEAD))
    bea.business.chapter, bea.spotlight_at = chapter, now
    for turn in plan_occurrences(session, now=now):
        compose(session, occurrence=turn, now=now)
    session.commit()
    page = visit("/week", bea)
    page.locator("main summary").click()
    facts = page.locator(".post-facts")
    page.locator("textarea").fill("See example.com, @carlo")
    expect(facts.locator("b")).to_have_text("35")
    expect(facts).to_contain_text("Write the name without the @")
    expect(facts.locator(".over")).to_have_count(0)
    page.locator("textarea").fill("x" * 281)
    expect(facts.locator(".over b")).to_have_text("281")
    expect(page.locator("textarea")).to_have_value(re.compile("x{281}"))
