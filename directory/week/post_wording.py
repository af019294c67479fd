"""The words of the week's post: short, concrete, each name with its reason, the hashtags last."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from babel.dates import format_date

from directory.people.chapter import Chapter
from directory.people.tables import Member, WantedKind
from directory.text_length import LengthLimit, excess_length, grapheme_clusters
from directory.translation import gettext, join_as_list
from directory.week.mention import PostItem, needs_of, place_of

HASHTAG = "referralwednesday"  # the network's own; a chapter adds others
HASHTAGS_LENGTH = 100
ROOMS = (120, 80, 50, 20)  # for words that must be shortened, the longest that fits


@dataclass(frozen=True)
class OpeningClosing:
    """What stands around what a post tells: ``week`` varies it, ``seat`` is what nobody in the chapter does.

    ``opening`` and ``closing`` are the chapter's own, else the network's. A ``dated`` text is like no other week's.
    """

    chapter: Chapter
    on: date
    seat: str = ""
    link: str = ""
    opening: str = ""
    closing: str = ""
    is_dated: bool = False

    @property
    def week(self) -> int:
        return self.on.toordinal() // 7


def compose_post_text(
    items: Sequence[PostItem], frame: OpeningClosing, limits: Sequence[LengthLimit]
) -> tuple[str, list[PostItem]]:
    """The text of a post within ``limits``, and those of ``items`` it tells; 280 of X's weights are always enough.

    Where there is room all is told in full; where there is less, as many as fit with nothing cut off; where there is
    little, the first alone, in as many of its words as fit.
    """
    opening, end = _opening(frame), _end(frame, hashtags(frame.chapter))
    seat = [_seat(frame)] if frame.seat else []
    whole = "\n\n".join([opening, *(_line(item) for item in items), *seat, end])
    if not excess_length(whole, limits):
        return whole, list(items)
    told: list[PostItem] = []
    for item in items:
        lines = [_line(each, has_why=False) for each in [*told, item]]
        if not excess_length("\n\n".join([opening, *lines, end]), limits):
            told.append(item)
    if len(told) > 1 and told[0] is items[0]:
        lines = [_line(item, has_why=False) for item in told]
        more = [*lines, *seat]
        return next(
            (text, told)
            for text in ("\n\n".join([opening, *more, end]), "\n\n".join([opening, *lines, end]))
            if not excess_length(text, limits)
        )
    return _alone(items, frame, limits)


def _alone(
    items: Sequence[PostItem], frame: OpeningClosing, limits: Sequence[LengthLimit]
) -> tuple[str, list[PostItem]]:
    """The first of ``items`` that can be, or the seat, without an opening."""
    tags = hashtags(frame.chapter)
    ends = (_end(frame, tags), _end(frame, f"#{HASHTAG}"), _end(replace(frame, closing=""), f"#{HASHTAG}"))
    choices = [(_versions(item), [item]) for item in items] or [([_seat(frame)], [])]
    for lines, told in choices:
        for text in (f"{line}\n\n{end}" for line in lines for end in ends):
            if not excess_length(text, limits):
                return text, told
    return "", []


def _versions(item: PostItem) -> list[str]:
    return [_line(item), *(_line(item, has_why=False, room=room) for room in (300, *ROOMS))]


def _opening(frame: OpeningClosing) -> str:
    if frame.opening:
        return frame.opening
    said = {"day": format_date(frame.on, "EEEE", locale="en_US"), "chapter": truncate(frame.chapter.name, 30)}
    openings = (
        gettext("This %(day)s at %(chapter)s: can you put in a good word?", **said),
        gettext("It is %(day)s, and %(chapter)s asks around.", **said),
        gettext("%(chapter)s this %(day)s. Who comes to your mind?", **said),
        gettext("%(day)s at %(chapter)s: you may know just the right person.", **said),
        gettext("This %(day)s %(chapter)s speaks up for its own.", **said),
    )
    return openings[frame.week % len(openings)]


def _end(frame: OpeningClosing, tags: str) -> str:
    closings = (
        gettext("Know somebody? Introduce them."),
        gettext("Did a name come to mind? Say it."),
        gettext("One introduction is enough. Is it yours?"),
        gettext("If you know one, put in a good word."),
    )
    closing = frame.closing or closings[frame.week % len(closings)]
    if frame.is_dated:
        closing += f" ({format_date(frame.on, 'd MMMM y', locale='en_US')})"
    return "\n".join(filter(None, (closing, tags, frame.link)))


def _seat(frame: OpeningClosing) -> str:
    return gettext(
        "A seat is free at %(chapter)s: nobody here does %(what)s yet. Who does it well?",
        chapter=truncate(frame.chapter.name, 30),
        what=truncate(frame.seat, 60),
    )


def hashtags(chapter: Chapter) -> str:
    """The network's hashtag and the chapter's own, each once, as many as stay short.

    >>> hashtags(Chapter(hashtags=["ReferralWednesday", "old pueblo"]))
    '#referralwednesday #oldpueblo'
    """
    told = f"#{HASHTAG}"
    for tag in chapter.hashtags:
        word = "#" + re.sub(r"\W", "", tag)
        if (
            len(word) > 1
            and word.casefold() not in told.casefold().split()
            and len(f"{told} {word}") <= HASHTAGS_LENGTH
        ):
            told += f" {word}"
    return told


def truncate(text: str, length: int) -> str:
    """``text`` on one line, shortened between words to at most ``length`` characters, never inside one.

    >>> truncate("Foremen who have just gone out on their own", 30)
    'Foremen who have just gone…'
    """
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    short = ""
    for cluster in grapheme_clusters(text):
        if len(short) + len(cluster) >= length:
            break
        short += cluster
    at = short.rfind(" ") if " " in short[length // 2 :] else len(short)
    return short[:at].rstrip(" .,;:–") + "…"


def _line(item: PostItem, *, has_why: bool = True, room: int = 300) -> str:
    """What a post says of ``item``; with less ``room`` its words and names are shortened."""
    who = _who(item.member, item.is_named, min(room, 60))
    if item.wanted is not None:
        line = _wanted(item.wanted.kind, who, _ended(truncate(item.wanted.text, room)))
        return f"{line} {_ended(truncate(item.wanted.why, room))}" if has_why and item.wanted.why else line
    if item.story is not None:
        others = join_as_list([_who(other, True, min(room, 60)) for other in item.people[1:]])
        what = truncate(item.story.title, room)
        return gettext("Done together by %(who)s and %(others)s: “%(what)s”", who=who, others=others, what=what)
    if item.lead is not None:
        needs = truncate(join_as_list(needs_of(item.lead)), room)
        if place := truncate(place_of(item.lead), 30):
            return gettext("%(who)s is looking for %(needs)s in %(place)s.", who=who, needs=needs, place=place)
        return gettext("%(who)s is looking for %(needs)s.", who=who, needs=needs)
    line = (
        gettext("New with us: %(who)s.", who=who) if item.is_new_member else gettext("Have you met %(who)s?", who=who)
    )
    said = truncate(item.quoted, room)
    return gettext("%(line)s “%(said)s”", line=line, said=said) if said else line


def _wanted(kind: WantedKind, who: str, what: str) -> str:
    if kind is WantedKind.OFFER:
        return gettext("%(who)s offers: %(what)s", who=who, what=what)
    if kind is WantedKind.CLIENT:
        return gettext("%(who)s would like to meet: %(what)s", who=who, what=what)
    if kind is WantedKind.PARTNER:
        return gettext("%(who)s is looking for a partner: %(what)s", who=who, what=what)
    return gettext("%(who)s would like to know: %(what)s", who=who, what=what)


def _who(member: Member, is_named: bool, room: int) -> str:
    """The member with the firm, or only "A member" for who did not agree to be named."""
    if not is_named:
        return gettext("A member")
    name, firm = truncate(member.name, room), truncate(member.business.name, room)
    return gettext("%(name)s of %(firm)s", name=name, firm=firm)


def _ended(sentence: str) -> str:
    return sentence if sentence[-1:] in ".!?…" else f"{sentence}."
