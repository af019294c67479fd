"""A post is counted in the browser, while it is written, as the server counts it when it is kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.outbox.channel import Channel
from directory.people.chapter import Chapter
from directory.people.tables import ChapterRole, Member, Role
from directory.text_length import COUNTS
from directory.week.occurrence_planning import plan_occurrences
from directory.week.post import compose
from tests.browser.conftest import Visit
from tests.directory.test_text_length import GRAPHEMES, TOOTED, WEIGHTED


def test_the_counter_counts_as_the_server_does(visit: Visit, session: Session, bea: Member, now: datetime) -> None:
    chapter = Chapter(key="mesa", name="Mesa", zone="America/Phoenix")
    channels = [Channel(chapter=chapter, kind=kind, name=kind) for kind in ("x", "bluesky", "mastodon")]
    session.add_all([chapter, *channels])
    session.flush()
    session.add(ChapterRole(member_id=bea.id, chapter_id=chapter.id, role=Role.LEAD))
    bea.business.chapter, bea.spotlight_at = chapter, now
    for turn in plan_occurrences(session, now=now):
        compose(session, occurrence=turn, now=now)
    session.commit()
    page = visit("/week", bea)
    for summary in page.locator("summary").all():
        summary.click()
    fields = page.locator("textarea").all()
    assert len(fields) == 3
    for text, _ in [*WEIGHTED, *GRAPHEMES, *TOOTED]:
        even = text.replace("\r\n", "\n")  # as a text area has it
        for field in fields:
            field.fill(even)
        shown = [int(count) for count in page.locator("[data-counts] b").all_inner_texts()]
        assert shown == [COUNTS[unit](even) for unit in ("weighted", "graphemes", "bytes", "tooted")], ascii(text)
    fields[0].fill("x" * 281)
    assert "over" in (page.locator("[data-counts]").first.get_attribute("class") or "")
