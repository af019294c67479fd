"""Twins: records that may be one firm, found by website, telephone or a name that reads the same."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.people.tables import Business
from directory.text import latinised

ALIKE = 85  # of 100, by rapidfuzz's ratio of the names without what they all share
MOST_SHARED = 50  # a word, host or number that so many have tells nobody apart
_LEGAL = """the and co company corp corporation inc incorporated llc lc llp lp ltd limited plc pllc pc gmbh ag ug kg ohg
sa sas sarl srl spa sl bv nv oy ab as aps pty group holding holdings"""
LEGAL = frozenset(_LEGAL.split())
# Where many firms have a page of their own each.
_SHARED = """facebook.com linkedin.com instagram.com google.com wixsite.com wordpress.com blogspot.com github.io
etsy.com squarespace.com weebly.com godaddysites.com yelp.com linktr.ee"""
SHARED_HOSTS = frozenset(_SHARED.split())


@dataclass(frozen=True)
class PossibleDuplicate:
    """A firm's id, and whether website or telephone are the same too, which names alone never prove."""

    business_id: int
    is_sure: bool


@dataclass
class DuplicateIndex:
    """Every firm by what could give a twin away."""

    names: dict[int, str] = field(default_factory=dict)
    by_key: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, id: int, name: str, website: str, phone: str) -> None:
        self.names[id] = normalized_name(name)
        for key in _keys(self.names[id], website, phone):
            self.by_key[key].append(id)

    def like(self, name: str, website: str, phone: str) -> list[PossibleDuplicate]:
        """The firms that may be this one, the surest first, then the oldest."""
        plain, sure, near = normalized_name(name), set[int](), set[int]()
        for key in _keys(plain, website, phone):
            ids = self.by_key.get(key, ())
            if len(ids) <= MOST_SHARED:
                (sure if key[0] in "wp" else near).update(ids)
        same = {id for id in near if plain and fuzz.ratio(plain, self.names[id], score_cutoff=ALIKE)}
        return [PossibleDuplicate(id, id in sure) for id in sorted(sure | same, key=lambda id: (id not in sure, id))]


_last: tuple[int, DuplicateIndex] = (0, DuplicateIndex())  # one for each process, as the World is


def duplicate_index(session: Session) -> DuplicateIndex:
    """The index of all firms, kept until something changes."""
    global _last
    version = world_version(session)
    if version and _last[0] == version:
        return _last[1]
    made = DuplicateIndex()
    for row in session.execute(select(Business.id, Business.name, Business.website, Business.phone)):
        made.add(*row)
    _last = (version, made)
    return made


def normalized_name(name: str) -> str:
    """The name as an eye reads it, without what firms are called besides.

    >>> [normalized_name(name) for name in ("The Bramble & Co., LLC", "Вramble Company", "BRÅMBLE", "& Co")]
    ['bramble', 'bramble', 'bramble', '']
    """
    words = re.split(r"[^\w]+", latinised(name))
    return " ".join(word for word in words if word and word not in LEGAL)


def registered_host(website: str) -> str:
    """What was registered of a website's address, empty where many firms share it.

    >>> sites = ("https://www.Bramble.example/x", "shop.bramble.co.uk", "facebook.com/bramble")
    >>> [registered_host(site) for site in sites]
    ['bramble.example', 'bramble.co.uk', '']
    """
    try:
        host = urlsplit(website if "://" in website else f"https://{website}").hostname or ""
    except ValueError:
        return ""
    labels = host.rstrip(".").split(".")
    is_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in ("co", "com", "org", "net", "ac", "gov")
    registered = ".".join(labels[-3:] if is_country else labels[-2:])
    return "" if registered in SHARED_HOSTS or "." not in registered else registered


def last_digits(phone: str) -> str:
    """The last ten digits of a number without its extension, empty where there are fewer than seven."""
    digits = re.sub(r"\D", "", re.split(r"(?:ext|x)", phone, flags=re.IGNORECASE)[0])
    return digits[-10:] if len(digits) >= 7 else ""


def _keys(plain: str, website: str, phone: str) -> Iterable[str]:
    host, digits = registered_host(website), last_digits(phone)
    words = plain.split()
    return {
        *([f"w{host}"] if host else []),
        *([f"p{digits}"] if digits else []),
        *(f"n{word}" for word in words),
        *([f"s{''.join(words)[:4]}", f"e{''.join(words)[-4:]}"] if words else []),
    }
