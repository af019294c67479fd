"""The words of a week's post on each kind of channel are known; no week says what an earlier one said."""

import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.leads.lead import Lead, Need
from directory.outbox.channel_kind import CHANNEL_KINDS, DEFAULT_LIMIT, ChannelKind
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability
from directory.text_length import excess_length
from directory.week.post import compose, freeze, posts_of
from directory.week.post_item import PostItem
from directory.week.post_wording import OpeningClosing, compose_post_text
from tests.chapterhouse import Chapterhouse
from tests.conftest import NOW
from tests.golden import golden

WEDNESDAY = date(2026, 11, 4)
PUEBLO = Chapter(name="Old Pueblo", city="Tucson", hashtags=["oldpueblopartners"])


def person(id: int, name: str, firm: str, headline: str = "", *, is_named: bool = True) -> Member:
    business = Business(id=id, name=firm, summary="", city="Tucson", chapter=PUEBLO)
    return Member(id=id, name=name, business=business, headline=headline, spotlight_at=NOW if is_named else None)


NADIA = person(1, "Nadia Soto", "Northlight Studio", "I like websites that a small team is still proud of.")
OMAR = person(2, "Omar Haddad", "Bramble & Co")
ELENA = person(3, "Elena Vargas", "Presidio Marketing", is_named=False)
CARLA = person(4, "Carla Ruiz", "Copper State Print")
BEA = person(5, "Bea Lindqvist", "Bramble & Co", "I leave notes for whoever comes next.")
LONG = "Owners of family restaurants in the old town who think of handing them on to their children " * 3


def ask(member: Member, kind: WantedKind, text: str, why: str = "") -> PostItem:
    return PostItem(member, NOW, wanted=Wanted(member=member, kind=kind, text=text, why=why))


def lead(member: Member, *needs: str) -> PostItem:
    wants = [Need(id=at, is_must=True, capability=Capability(name=name)) for at, name in enumerate(needs)]
    return PostItem(member, NOW, lead=Lead(business=member.business, place="Tucson, AZ", needs=wants))


STORY = CaseStudy(title="The Fox Theater reopens", teller=NADIA)
STORY.parties = [CaseStudyParty(member=each, member_id=each.id, agreed_at=NOW) for each in (NADIA, OMAR)]
WEEKS: dict[str, tuple[list[PostItem], OpeningClosing]] = {
    "first": (  # names and wants only, without their reasons
        [
            ask(ELENA, WantedKind.CLIENT, "Owners of old theaters"),
            PostItem(OMAR, NOW, is_new_member=True),
            ask(NADIA, WantedKind.PARTNER, "Somebody who writes Spanish"),
        ],
        OpeningClosing(PUEBLO, WEDNESDAY),
    ),
    "usual": (
        [
            lead(ELENA, "WordPress", "Spanish copywriting"),
            PostItem(NADIA, NOW),
            ask(OMAR, WantedKind.OFFER, "An hour with your website", "I see what slows it down"),
            ask(ELENA, WantedKind.CATEGORY, "Good accountants", "My clients ask me for one"),
        ],
        OpeningClosing(PUEBLO, WEDNESDAY + timedelta(7), seat="Offset printing", link="https://goodword.example/w/2"),
    ),
    "story": ([PostItem(NADIA, NOW, story=STORY)], OpeningClosing(PUEBLO, WEDNESDAY + timedelta(14))),
    "seat": ([], OpeningClosing(PUEBLO, WEDNESDAY + timedelta(21), seat="Offset printing")),
    "long": (
        [ask(OMAR, WantedKind.CLIENT, LONG.strip(), LONG.strip()), PostItem(NADIA, NOW)],
        OpeningClosing(PUEBLO, WEDNESDAY + timedelta(28)),
    ),
    "alike": (  # what members ask for alike is one line; whoever is new is welcomed in one
        [
            ask(NADIA, WantedKind.CATEGORY, "HR managers"),
            PostItem(OMAR, NOW, is_new_member=True),
            ask(CARLA, WantedKind.CATEGORY, "An HR manager", "They order lunch"),
            PostItem(BEA, NOW, is_new_member=True),
            ask(ELENA, WantedKind.CATEGORY, "HR managers"),
            lead(ELENA, "WordPress"),
            lead(NADIA, "WordPress"),
        ],
        OpeningClosing(PUEBLO, WEDNESDAY + timedelta(35)),
    ),
    "own": (
        [ask(NADIA, WantedKind.CLIENT, "Owners of old theaters", "They renovate")],
        OpeningClosing(PUEBLO, WEDNESDAY, opening="¡Hola, Tucson!", closing="Write to your neighbor.", is_dated=True),
    ),
}


@cache
def posts_on(kind: ChannelKind) -> dict[str, str]:
    """The text of each week on that kind of channel."""
    return {week: compose_post_text(items, frame, kind.limits)[0] for week, (items, frame) in WEEKS.items()}


def golden_of(kind: ChannelKind) -> str:
    """The name of its texts, which is that of the first kind that has the same ones."""
    return next(each.kind for each in CHANNEL_KINDS if posts_on(each) == posts_on(kind))


@pytest.mark.parametrize("kind", CHANNEL_KINDS, ids=lambda kind: kind.kind)
def test_every_kind_of_week_reads_as_it_should_on_every_kind_of_channel(kind: ChannelKind) -> None:
    posts = posts_on(kind)
    written = "\n".join(f"-- {week} --\n{text}\n" for week, text in posts.items()).removesuffix("\n")
    assert written == golden(f"posts/{golden_of(kind)}", written)
    assert [excess_length(text, kind.limits) for text in posts.values()] == [0] * len(WEEKS)


def test_each_file_of_texts_is_that_of_a_kind() -> None:
    files = {path.stem for path in (Path(__file__).parents[2] / "golden" / "posts").iterdir()}
    assert files == {golden_of(kind) for kind in CHANNEL_KINDS}


def test_opening_and_closing_change_from_week_to_week() -> None:
    items = WEEKS["first"][0]
    texts = {
        compose_post_text(items, OpeningClosing(PUEBLO, WEDNESDAY + timedelta(7 * week)), (DEFAULT_LIMIT,))[0]
        for week in range(20)
    }
    assert len(texts) == 20


def test_no_week_repeats_the_text_of_an_earlier_week(mesa: Chapterhouse) -> None:
    ask = mesa.asks(mesa.bo)
    turn = mesa.turn()
    freeze(mesa.session, occurrence=turn, now=turn.due_at)
    (first,) = posts_of(mesa.session, occurrence=turn)
    again = mesa.turn(1)
    again.local_date = turn.local_date + timedelta(7 * 20)  # when the sentences repeat
    ask.shared_at = turn.due_at + timedelta(days=1)
    (second,) = compose(mesa.session, occurrence=again, now=again.due_at)
    assert second.text != first.text
    assert second.text.replace(" (Mar 24, 2027)", "") == first.text


def test_an_ask_with_a_link_is_left_out_where_links_cost_and_none_was_chosen(mesa: Chapterhouse) -> None:
    mesa.channel.kind = "x"
    mesa.asks(mesa.bo, "Readers of theaters.example.com")
    mesa.asks(mesa.cleo, "Owners of old theaters")
    turn = mesa.turn()
    (post,) = compose(mesa.session, occurrence=turn, now=mesa.now)
    assert "theaters.example.com" not in post.text
    assert "Owners of old theaters" in post.text
    mesa.channel.has_link, mesa.chapter.public_at = True, mesa.now
    (post,) = compose(mesa.session, occurrence=turn, now=mesa.now, base_url="https://goodword.example")
    assert re.search(r"\nhttps://goodword\.example/s/[2-9a-z]{12}$", post.text)
    assert "theaters.example.com" in post.text
