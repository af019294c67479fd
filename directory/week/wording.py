"""The words of the week's post: short, concrete, each name with its reason, the hashtags last."""

import re
from collections.abc import Sequence
from datetime import date

from babel.dates import format_date

from directory.language import gettext, listed
from directory.people.chapter import Chapter
from directory.people.wanted import WantedKind
from directory.week.counting import Limit, excess
from directory.week.mention import Item, needs_of, place_of

HASHTAG = "referralwednesday"  # the network's own; a chapter adds others
HASHTAGS_LENGTH = 100


def tell(items: Sequence[Item], *, chapter: Chapter, on: date, limits: Sequence[Limit]) -> tuple[str, int]:
    """The text of a post within ``limits``, and how many of ``items`` it tells; 400 characters are always enough for
    one.

    Each is told in full where it fits, else shortened; the first that does not fit ends it.
    """
    day = format_date(on, "EEEE", locale="en_US")
    opening = gettext(
        "This %(day)s at %(chapter)s: can you put in a good word?", day=day, chapter=cut(chapter.name, 30)
    )
    closing = gettext("Know somebody? Introduce them.") + "\n" + hashtags(chapter)
    lines: list[str] = []
    for item in items:
        for line in (_line(item, is_brief=False), _line(item, is_brief=True)):
            if not excess("\n\n".join([opening, *lines, line, closing]), limits):
                lines.append(line)
                break
        else:
            break
    return "\n\n".join([opening, *lines, closing]), len(lines)


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


def cut(text: str, length: int) -> str:
    """``text`` on one line, shortened between words to at most ``length`` characters.

    >>> cut("Foremen who have just gone out on their own", 30)
    'Foremen who have just gone…'
    """
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    short = text[:length]
    at = short.rfind(" ") if " " in short[length // 2 :] else length - 1
    return short[:at].rstrip(" .,;:–") + "…"


def _line(item: Item, *, is_brief: bool) -> str:
    room = 60 if is_brief else 120
    if item.wanted is not None:
        line = _wanted(item.wanted.kind, _who(item), _ended(cut(item.wanted.text, room)))
        return line if is_brief or not item.wanted.why else f"{line} {_ended(cut(item.wanted.why, room))}"
    if item.lead is not None:
        needs = cut(listed(needs_of(item.lead)), room)
        if place := cut(place_of(item.lead), 30):
            return gettext("%(who)s is looking for %(needs)s in %(place)s.", who=_who(item), needs=needs, place=place)
        return gettext("%(who)s is looking for %(needs)s.", who=_who(item), needs=needs)
    if item.is_new_member:
        line = gettext("New with us: %(who)s.", who=_who(item))
    else:
        line = gettext("Have you met %(who)s?", who=_who(item))
    said = cut(item.quoted, room)
    return gettext("%(line)s “%(said)s”", line=line, said=said) if said else line


def _wanted(kind: WantedKind, who: str, what: str) -> str:
    if kind is WantedKind.OFFER:
        return gettext("%(who)s offers: %(what)s", who=who, what=what)
    if kind is WantedKind.CLIENT:
        return gettext("%(who)s would like to meet: %(what)s", who=who, what=what)
    if kind is WantedKind.PARTNER:
        return gettext("%(who)s is looking for a partner: %(what)s", who=who, what=what)
    return gettext("%(who)s would like to know: %(what)s", who=who, what=what)


def _who(item: Item) -> str:
    """The member with the firm, or only "A member" for who did not agree to be named."""
    if not item.is_named:
        return gettext("A member")
    return gettext("%(name)s of %(firm)s", name=cut(item.member.name, 30), firm=cut(item.member.business.name, 30))


def _ended(sentence: str) -> str:
    return sentence if sentence[-1:] in ".!?…" else f"{sentence}."
