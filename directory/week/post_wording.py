"""The wording of the week's post: an opening, a line for each item with its reason, a closing, and hashtags."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from directory.local_format import date_text, weekday_text
from directory.people.chapter import Chapter
from directory.people.tables import Member, WantedKind
from directory.text_entities import hashtag_characters, without_mentions
from directory.text_length import LengthLimit, excess_length, grapheme_clusters
from directory.translation import gettext, join_as_list, ngettext
from directory.week.post_item import PostItem, needs_of, place_of

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
    seat, groups = [_seat_line(frame)] if frame.seat else [], _alike(items)
    full_text = "\n\n".join([opening, *(_line(group) for group in groups), *seat, ending])
    if not excess_length(full_text, limits):
        return full_text, [item for group in groups for item in group]
    included: list[list[PostItem]] = []
    for group in groups:
        lines = [_line(other, has_why=False) for other in [*included, group]]
        if not excess_length("\n\n".join([opening, *lines, ending]), limits):
            included.append(group)
    if len(included) > 1 and included[0] is groups[0]:
        lines = [_line(group, has_why=False) for group in included]
        with_seat = [*lines, *seat]
        return next(
            (text, [item for group in included for item in group])
            for text in ("\n\n".join([opening, *with_seat, ending]), "\n\n".join([opening, *lines, ending]))
            if not excess_length(text, limits)
        )
    return _single_line(groups, frame, limits)


def _alike(items: Sequence[PostItem]) -> list[list[PostItem]]:
    """Group the items that one line says, in the order of the first of each."""
    groups: dict[Hashable, list[PostItem]] = {}
    for at, item in enumerate(items):
        groups.setdefault(at if item.like is None else item.like, []).append(item)
    return list(groups.values())


def _single_line(
    groups: Sequence[list[PostItem]], frame: OpeningClosing, limits: Sequence[LengthLimit]
) -> tuple[str, list[PostItem]]:
    """The text of the first of ``groups`` that fits, alone, or of the seat where there are none, without an opening."""
    tags = hashtags(frame.chapter)
    ends = (_ending(frame, tags), _ending(frame, f"#{HASHTAG}"), _ending(replace(frame, closing=""), f"#{HASHTAG}"))
    tried = [part for group in groups for part in ([group] if len(group) == 1 else [group, group[:1]])]
    choices = [(_versions(group), group) for group in tried] or [([_seat_line(frame)], [])]
    for lines, included in choices:
        for text in (f"{line}\n\n{end}" for line in lines for end in ends):
            if not excess_length(text, limits):
                return text, included
    return "", []


def _versions(group: Sequence[PostItem]) -> list[str]:
    return [_line(group), *(_line(group, has_why=False, length=length) for length in (300, *SHORTER_LENGTHS))]


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
        "A seat is open at %(chapter)s: nobody here does %(what)s yet. Who does it well?",
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


def _line(group: Sequence[PostItem], *, has_why: bool = True, length: int = 300) -> str:
    """The line of a post for items that are alike; its texts and names are cut to ``length`` characters."""
    item, many, short = group[0], len(group), min(length, 60)
    who = _names([(one.member, one.is_named) for one in group], short)
    if item.wanted is not None:
        line = _wanted(item.wanted.kind, who, many, _with_full_stop(truncate(item.wanted.text, length)))
        is_told = has_why and item.wanted.why and many == 1
        return f"{line} {_with_full_stop(truncate(item.wanted.why, length))}" if is_told else line
    if item.story is not None:
        others = _names([(other, True) for other in item.people[1:]], short)
        what = truncate(item.story.title, length)
        return gettext("Done together by %(who)s and %(others)s: “%(what)s”", who=who, others=others, what=what)
    if item.lead is not None:
        needs, place = truncate(join_as_list(needs_of(item.lead)), length), truncate(place_of(item.lead), 30)
        what = gettext("%(needs)s in %(place)s", needs=needs, place=place) if place else needs
        return ngettext(
            "%(who)s is looking for %(what)s.", "%(who)s are looking for %(what)s.", many, who=who, what=what
        )
    quotes = [truncate(one.quoted, length) for one in group]
    if many > 1:
        said = [
            gettext("%(who)s (“%(said)s”)", who=_names([(one.member, True)], short), said=quote)
            if quote and has_why
            else _names([(one.member, True)], short)
            for one, quote in zip(group, quotes, strict=True)
        ]
        return gettext("New with us: %(who)s.", who=join_as_list(said))
    line = (
        gettext("New with us: %(who)s.", who=who) if item.is_new_member else gettext("Have you met %(who)s?", who=who)
    )
    return gettext("%(line)s “%(said)s”", line=line, said=quotes[0]) if quotes[0] else line


def _wanted(kind: WantedKind, who: str, count: int, what: str) -> str:
    if kind is WantedKind.OFFER:
        return ngettext("%(who)s offers: %(what)s", "%(who)s offer: %(what)s", count, who=who, what=what)
    if kind is WantedKind.PARTNER:
        return ngettext(
            "%(who)s is looking for a partner: %(what)s",
            "%(who)s are each looking for a partner: %(what)s",
            count,
            who=who,
            what=what,
        )
    return gettext("%(who)s would like to meet: %(what)s", who=who, what=what)


def _names(people: Sequence[tuple[Member, bool]], length: int) -> str:
    """The members with their firms; those who do not consent to be named are only counted."""
    names = [
        gettext("%(name)s of %(firm)s", name=truncate(member.name, length), firm=truncate(member.business.name, length))
        for member, is_named in people
        if is_named
    ]
    if unnamed := len(people) - len(names):
        names.append(
            ngettext("another member", "%(count)s other members", unnamed)
            if names
            else ngettext("A member", "%(count)s members", unnamed)
        )
    return join_as_list(names)


def _with_full_stop(sentence: str) -> str:
    return sentence if sentence[-1:] in ".!?…" else f"{sentence}."
