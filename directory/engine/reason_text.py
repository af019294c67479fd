"""Sentences for the reasons of a suggestion, made from data that holds nothing private except the reader's own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from textwrap import shorten
from typing import Any

from directory.engine.firm_sentences import FirmSentence, TextSource
from directory.local_format import day_text
from directory.money import Money
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _
from directory.translation import ngettext, time_ago

STRONG = 3  # the best published band
QUOTED = 240  # characters of a sentence
STALE = 0.5  # the strength of freshness below which the age of a claim is worth showing


@dataclass(frozen=True)
class ReasonText:
    """A reason as a sentence, with its contribution to the score and a strength of 0-1 for its meter."""

    signal: str
    business: int
    text: str
    is_news: bool  # False where another reason says the same
    contribution: float
    strength: float


@dataclass(frozen=True)
class Names:
    """The rows that a suggestion refers to, by id, and the ids of the reader (``me``) and their firm (``mine``)."""

    businesses: Mapping[int, Business]
    members: Mapping[int, Member]
    capabilities: Mapping[int, Capability]
    me: int | None
    mine: int | None
    today: date
    hidden_prices: set[int] = field(default_factory=set)  # ids of firms whose prices the reader may not see
    said: Mapping[tuple[int, str], FirmSentence] = field(default_factory=dict)  # by firm and digest, as shown today

    def capability(self, capability: int) -> str:
        """Return its name; "something" for a capability that no longer exists."""
        return self.capabilities[capability].name if capability in self.capabilities else _("something")

    def firm(self, business: int) -> str:
        return _("You") if business == self.mine else self.businesses[business].name

    def when(self, day: int) -> str:
        return time_ago(date.fromordinal(day), self.today)


def sentence(reason: Mapping[str, Any], names: Names) -> ReasonText:
    """Return ``reason``, as stored in a suggestion, as a sentence."""
    business, its = reason["business"], SENTENCES[reason["signal"]]
    return ReasonText(
        signal=reason["signal"],
        business=business,
        text=its.write(names, business, reason["data"]),
        is_news=its.is_news(reason["data"], reason["strength"]),
        contribution=reason["contribution"],
        strength=reason["strength"],
    )


def fact(step: Mapping[str, Any], names: Names) -> str:
    """Return the fact of a step, read from its start to its end: "worked with, in 2024"."""
    when = _fact_day(step, names)
    return f"{_fact_verb(step, names)}, {when}" if when else _fact_verb(step, names)


def _fact_day(step: Mapping[str, Any], names: Names) -> str:
    """Return when it happened; a vouch is shown without a date."""
    return "" if step["kind"] in ("vouch", "returned") else names.when(step["day"])


def _fact_verb(step: Mapping[str, Any], names: Names) -> str:
    is_mine = step["start"] == names.me
    if step["kind"] in ("vouch", "returned"):
        if step["forward"]:
            return _("recommend") if is_mine else _("recommends")
        return _("are recommended by") if is_mine else _("is recommended by")
    return {
        "worked": _("worked with"),
        "met": _("met"),
        "collaboration": _("did a project with"),
        "introduction": _("were introduced to") if is_mine else _("was introduced to"),
    }[step["kind"]]


def path_text(steps: Sequence[Mapping[str, Any]], names: Names) -> list[tuple[str, str]]:
    """Return (fact, name of the next person) for each step; empty where somebody on the path is no longer active."""
    if not all({step["start"], step["end"]} <= names.members.keys() for step in steps):
        return []
    return [(fact(step, names), names.members[step["end"]].name) for step in steps]


def _fit(names: Names, business: int, data: Mapping[str, Any]) -> str:
    need, claimed, firm = names.capability(data["need"]), names.capability(data["capability"]), names.firm(business)
    if data["need"] != data["capability"]:
        return (
            _("You do %(claimed)s, which is close to %(need)s", claimed=claimed, need=need)
            if business == names.mine
            else _("%(firm)s does %(claimed)s, which is close to %(need)s", firm=firm, claimed=claimed, need=need)
        )
    if data["level"] == "says":
        return (
            _("You write about %(need)s, but do not list it", need=need)
            if business == names.mine
            else _("%(firm)s only writes about %(need)s, but does not list it", firm=firm, need=need)
        )
    if data["level"] == "evidenced":
        return ngettext(
            "%(claimed)s is shown by a finished project, %(when)s",
            "%(claimed)s is shown by %(count)s finished projects, the last %(when)s",
            data["count"],
            claimed=claimed,
            when=names.when(data["day"]),
        )
    if data["level"] == "vouched":
        return ngettext(
            "Recommended for %(claimed)s by a firm that knows the work",
            "Recommended for %(claimed)s by %(count)s firms that know the work",
            data["count"],
            claimed=claimed,
        )
    return (
        _("You do %(claimed)s", claimed=claimed)
        if business == names.mine
        else _("%(firm)s says it does %(claimed)s", firm=firm, claimed=claimed)
    )


def _competence(names: Names, business: int, data: Mapping[str, Any]) -> str:
    need, member = names.capability(data["need"]), names.members.get(data["member"])
    if data["own"] and member:
        return _("You have said how well %(name)s works, and it counts for you", name=member.first_name)
    if data["band"] == STRONG and member:
        if member.id == names.me:
            return _("People here trust your work fully")
        return _("People here trust the work of %(name)s fully", name=member.first_name)
    if data["evidence"]:
        return ngettext(
            "One finished project in %(need)s to look at",
            "%(count)s finished projects in %(need)s to look at",
            data["evidence"],
            need=need,
        )
    return _("Nothing finished in %(need)s to look at yet", need=need)


def _trust(names: Names, business: int, data: Mapping[str, Any]) -> str:
    member, through = names.members.get(data["member"]), data.get("through")
    if data["own"]:
        return _("You know your own people")
    if data["known"] != "known" or member is None or (through and through not in names.members):
        return _("You do not know %(who)s yet", who=member.first_name if member else names.firm(business))
    friend, step = names.members.get(through or 0), data.get("fact")
    if step and data["path"] in (1, 2) and step["start"] in names.members:
        start = names.members[step["start"]]
        who = _("You") if start.id == names.me else _("%(friend)s, who you know,", friend=start.first_name)
        fact, when = f"{who} {_fact_verb(step, names)} {member.first_name}", _fact_day(step, names)
        return f"{fact}, {when}" if when else fact
    if data["path"] == 1:
        return _("You know %(name)s yourself", name=member.first_name)
    if friend:
        return (
            _("You know %(name)s through %(friend)s", friend=friend.first_name, name=member.first_name)
            if data["path"] == 2
            else _("You know %(name)s through %(friend)s and others", friend=friend.first_name, name=member.first_name)
        )
    return (
        _("People here speak warmly of %(name)s", name=member.first_name)
        if data["band"] == STRONG
        else _("You have said how far you trust %(name)s", name=member.first_name)
    )


def _place(names: Names, business: int, data: Mapping[str, Any]) -> str:
    row = names.businesses[business]
    city = row.city or row.region
    return {
        "city": _("In the same city, %(city)s", city=city),
        "region": _("In the same region, in %(city)s", city=city),
        "remote": _("Works remotely, from %(city)s", city=city) if city else _("Works remotely"),
        "elsewhere": _("Somewhere else, in %(city)s", city=city),
        "unknown": _("No location to compare"),
    }[data["where"]]


def _budget(names: Names, business: int, data: Mapping[str, Any]) -> str:
    if business in names.hidden_prices:
        return _("No usual price listed")
    low, high = (
        None if data[end] is None else Money(round(data[end]), data["currency"]).spoken() for end in ("low", "high")
    )
    if low and high:
        return _("Usual projects are %(low)s to %(high)s", low=low, high=high)
    if low or high:
        return (
            _("Usual projects begin at %(low)s", low=low) if low else _("Usual projects go up to %(high)s", high=high)
        )
    return _("No usual price listed")


def _capacity(names: Names, business: int, data: Mapping[str, Any]) -> str:
    free_on = date.fromordinal(data["free_on"]) if data["free_on"] else None
    if free_on and free_on > names.today:
        return _("Available from %(day)s", day=day_text(free_on, names.today))
    if data["room"] is None and free_on is None:
        return _("Has not said whether they have room now")
    if data["room"] is not None and data["room"] <= 0:
        return _("Has no room for another project now")
    return _("Has room for a project now")


def _freshness(names: Names, business: int, data: Mapping[str, Any]) -> str:
    if not data["day"]:
        return _("We have no dates for %(claimed)s", claimed=names.capability(data["capability"]))
    when = names.when(data["day"])
    return _(
        "The latest on %(claimed)s is from %(when)s",
        claimed=names.capability(data["capability"]),
        when=when.removeprefix("in "),
    )


def _reciprocity(names: Names, business: int, data: Mapping[str, Any]) -> str:
    firm, prime = names.firm(business), data["prime"]
    if business == prime or prime is None:
        return _("The work stays in your own firm")
    other = _("you") if prime == names.mine else names.businesses[prime].name
    if data["got"]:
        return ngettext(
            "%(firm)s gave %(other)s work before, %(when)s",
            "%(firm)s gave %(other)s work %(count)s times, the last %(when)s",
            data["got"],
            firm=firm,
            other=other,
            when=names.when(data["day"]),
        )
    if data["gave"]:
        return _("%(firm)s got work from %(other)s before", firm=firm, other=other)
    return _("No work has gone between you two yet") if prime == names.mine else _("No work has gone between them yet")


def _statement(names: Names, business: int, data: Mapping[str, Any]) -> str:
    need, said = names.capability(data["need"]), names.said.get((business, data["sentence"] or ""))
    if data["sentence"] is None:
        return _("Nothing they write is about %(need)s", need=need)
    if said is None:
        return _("What they wrote about %(need)s has changed since", need=need)
    text, place = shorten(said.text, QUOTED, placeholder="…"), said.source.label
    if said.day:
        place = f"{place}, {time_ago(said.day, names.today)}"
    if data["is_against"]:
        return _("They write that it may not be for them: “%(said)s” (%(place)s)", said=text, place=place)
    if said.source in (TextSource.STORY, TextSource.WORK):
        return _("“%(said)s” (%(place)s)", said=text, place=place)
    if business == names.mine:
        return _("You write: “%(said)s” (%(place)s)", said=text, place=place)
    return _("They write: “%(said)s” (%(place)s)", said=text, place=place)


def _hands(names: Names, business: int, data: Mapping[str, Any]) -> str:
    if data["open"]:
        return ngettext("A seat is still open", "%(count)s seats are still open", data["open"])
    if not data["partners"]:
        return _("Everything from one firm")
    return ngettext("One firm to talk to", "%(count)s firms to talk to", data["partners"])


@dataclass(frozen=True)
class Sentence:
    """How a signal's reason is written, and whether it ``is_news``: adds to what fit and trust say already.

    ``write`` gets the names, the id of the firm and the reason's data; ``is_news`` the data and the strength.
    """

    write: Callable[[Names, int, Mapping[str, Any]], str]
    is_news: Callable[[Mapping[str, Any], float], bool]


def _always(_data: Mapping[str, Any], _strength: float) -> bool:
    return True


SENTENCES: Mapping[str, Sentence] = {
    "fit": Sentence(_fit, _always),
    "trust": Sentence(_trust, _always),
    "competence": Sentence(_competence, lambda data, _: bool(data["own"]) or data["band"] == STRONG),
    "place": Sentence(_place, lambda data, _: data["where"] != "unknown"),
    "budget": Sentence(_budget, _always),
    "capacity": Sentence(_capacity, _always),
    "freshness": Sentence(_freshness, lambda _, strength: strength < STALE),
    "reciprocity": Sentence(_reciprocity, lambda data, _: bool(data["got"] or data["gave"])),
    "statement": Sentence(_statement, lambda data, _: data["sentence"] is not None),
    "hands": Sentence(_hands, lambda *_: False),
}
