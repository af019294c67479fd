"""The wording of the week's post: an opening, a line for each item with its reason, a closing, and hashtags."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from directory.local_format import date_text, weekday_text
from directory.people.chapter import Chapter
from directory.people.tables import Member, WantedKind
from directory.text_entities import hashtag_characters, without_mentions
from directory.text_length import LengthLimit, excess_length, grapheme_clusters
from directory.translation import gettext, join_as_list
from directory.week.mention_choice import PostItem, needs_of, place_of

HASHTAG = "referralwednesday"  # the network's own; a chapter adds others
HASHTAGS_LENGTH = 100
SHORTER_LENGTHS = (120, 80, 50, 20)  # characters, tried in turn for a line that must be shortened


@dataclass(frozen=True)
class OpeningClosing:
    """What surrounds the items of a post; ``seat`` is a capability that nobody in the chapter has.

    ``opening`` and ``closing`` are the chapter's own, else the network's, which vary with ``week``. A text that
    ``is_dated`` differs from every other week's.
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
    """Return the text of a post within ``limits``, and those of ``items`` that it holds.

    If all fit, they are told in full; else as many as fit uncut, without their reasons; else the first alone, cut to
    fit. A limit of 280 in X's weighted characters is always enough. A name that would call on an account, such as
    @bramble, loses its sign.
    """
    text, included = _fitted(items, frame, limits)
    return without_mentions(text), included


def _fitted(
    items: Sequence[PostItem], frame: OpeningClosing, limits: Sequence[LengthLimit]
) -> tuple[str, list[PostItem]]:
    opening, ending = _opening(frame), _ending(frame, hashtags(frame.chapter))
    seat = [_seat_line(frame)] if frame.seat else []
    full_text = "\n\n".join([opening, *(_line(item) for item in items), *seat, ending])
    if not excess_length(full_text, limits):
        return full_text, list(items)
    included: list[PostItem] = []
    for item in items:
        lines = [_line(other, has_why=False) for other in [*included, item]]
        if not excess_length("\n\n".join([opening, *lines, ending]), limits):
            included.append(item)
    if len(included) > 1 and included[0] is items[0]:
        lines = [_line(item, has_why=False) for item in included]
        with_seat = [*lines, *seat]
        return next(
            (text, included)
            for text in ("\n\n".join([opening, *with_seat, ending]), "\n\n".join([opening, *lines, ending]))
            if not excess_length(text, limits)
        )
    return _single_item(items, frame, limits)


def _single_item(
    items: Sequence[PostItem], frame: OpeningClosing, limits: Sequence[LengthLimit]
) -> tuple[str, list[PostItem]]:
    """The text of the first of ``items`` that fits, or of the seat where there are no items, without an opening."""
    tags = hashtags(frame.chapter)
    ends = (_ending(frame, tags), _ending(frame, f"#{HASHTAG}"), _ending(replace(frame, closing=""), f"#{HASHTAG}"))
    choices = [(_versions(item), [item]) for item in items] or [([_seat_line(frame)], [])]
    for lines, included in choices:
        for text in (f"{line}\n\n{end}" for line in lines for end in ends):
            if not excess_length(text, limits):
                return text, included
    return "", []


def _versions(item: PostItem) -> list[str]:
    return [_line(item), *(_line(item, has_why=False, length=length) for length in (300, *SHORTER_LENGTHS))]


def _opening(frame: OpeningClosing) -> str:
    if frame.opening:
        return frame.opening
    values = {"day": weekday_text(frame.on), "chapter": truncate(frame.chapter.name, 30)}
    openings = (
        gettext("This %(day)s at %(chapter)s: can you put in a good word?", **values),
        gettext("It is %(day)s, and %(chapter)s asks around.", **values),
        gettext("%(chapter)s this %(day)s. Who comes to your mind?", **values),
        gettext("%(day)s at %(chapter)s: you may know just the right person.", **values),
        gettext("This %(day)s %(chapter)s speaks up for its own.", **values),
    )
    return openings[frame.week % len(openings)]


def _ending(frame: OpeningClosing, tags: str) -> str:
    closings = (
        gettext("Know somebody? Introduce them."),
        gettext("Did a name come to mind? Say it."),
        gettext("One introduction is enough. Is it yours?"),
        gettext("If you know one, put in a good word."),
    )
    closing = frame.closing or closings[frame.week % len(closings)]
    if frame.is_dated:
        closing += f" ({date_text(frame.on, writes=frame.chapter.local_format)})"
    return "\n".join(filter(None, (closing, tags, frame.link)))


def _seat_line(frame: OpeningClosing) -> str:
    return gettext(
        "A seat is free at %(chapter)s: nobody here does %(what)s yet. Who does it well?",
        chapter=truncate(frame.chapter.name, 30),
        what=truncate(frame.seat, 60),
    )


def hashtags(chapter: Chapter) -> str:
    """Return the network's hashtag and the chapter's own, each once, as many as fit into HASHTAGS_LENGTH characters.

    >>> hashtags(Chapter(hashtags=["ReferralWednesday", "old pueblo"]))
    '#referralwednesday #oldpueblo'
    """
    text = f"#{HASHTAG}"
    for tag in chapter.hashtags:
        hashtag = "#" + hashtag_characters(tag)
        if (
            len(hashtag) > 1
            and hashtag.casefold() not in text.casefold().split()
            and len(f"{text} {hashtag}") <= HASHTAGS_LENGTH
        ):
            text += f" {hashtag}"
    return text


def truncate(text: str, length: int) -> str:
    """Return ``text`` on one line, cut to at most ``length`` characters, between words, or else between graphemes.

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


def _line(item: PostItem, *, has_why: bool = True, length: int = 300) -> str:
    """The line of a post for ``item``; its texts and names are cut to ``length`` characters."""
    name = _name_and_firm(item.member, item.is_named, min(length, 60))
    if item.wanted is not None:
        line = _wanted(item.wanted.kind, name, _with_full_stop(truncate(item.wanted.text, length)))
        return f"{line} {_with_full_stop(truncate(item.wanted.why, length))}" if has_why and item.wanted.why else line
    if item.story is not None:
        others = join_as_list([_name_and_firm(other, True, min(length, 60)) for other in item.people[1:]])
        what = truncate(item.story.title, length)
        return gettext("Done together by %(who)s and %(others)s: “%(what)s”", who=name, others=others, what=what)
    if item.lead is not None:
        needs = truncate(join_as_list(needs_of(item.lead)), length)
        if place := truncate(place_of(item.lead), 30):
            return gettext("%(who)s is looking for %(needs)s in %(place)s.", who=name, needs=needs, place=place)
        return gettext("%(who)s is looking for %(needs)s.", who=name, needs=needs)
    line = (
        gettext("New with us: %(who)s.", who=name) if item.is_new_member else gettext("Have you met %(who)s?", who=name)
    )
    quote = truncate(item.quoted, length)
    return gettext("%(line)s “%(said)s”", line=line, said=quote) if quote else line


def _wanted(kind: WantedKind, who: str, what: str) -> str:
    if kind is WantedKind.OFFER:
        return gettext("%(who)s offers: %(what)s", who=who, what=what)
    if kind is WantedKind.CLIENT:
        return gettext("%(who)s would like to meet: %(what)s", who=who, what=what)
    if kind is WantedKind.PARTNER:
        return gettext("%(who)s is looking for a partner: %(what)s", who=who, what=what)
    return gettext("%(who)s would like to know: %(what)s", who=who, what=what)


def _name_and_firm(member: Member, is_named: bool, length: int) -> str:
    """The member with the firm, or only "A member" for one who does not consent to be named."""
    if not is_named:
        return gettext("A member")
    name, firm = truncate(member.name, length), truncate(member.business.name, length)
    return gettext("%(name)s of %(firm)s", name=name, firm=firm)


def _with_full_stop(sentence: str) -> str:
    return sentence if sentence[-1:] in ".!?…" else f"{sentence}."
