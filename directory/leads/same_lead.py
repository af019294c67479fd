"""The same lead again: whether two texts have nearly the same words."""

from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from directory.leads.lead import Lead, leads_of
from directory.people.tables import Member
from directory.text import fold

SHORT = 2  # letters of words that do not count
ALIKE = 80  # 0-100: rapidfuzz's ratio from which two words are one, mistyped or with another ending


def same_lead(session: Session, *, member: Member, text: str) -> Lead | None:
    """Return the newest of the member's last 100 leads that has nearly the words of ``text``, in any order.

    The numbers and longer words must be the same but for typing errors and endings; of many, one in ten may differ.
    """
    return next((lead for lead in leads_of(session, member=member) if has_same_words(lead.text, text)), None)


def has_same_words(text: str, other: str) -> bool:
    """Whether two texts have nearly the same words, in any order, as ``same_lead`` compares them."""
    return _are_same(_telling_words(text), _telling_words(other))


def _telling_words(text: str) -> set[str]:
    folded = fold(text).split()
    return {word for word in folded if len(word) > SHORT or word.isdecimal()} or {*folded}


def _are_same(one: set[str], other: set[str]) -> bool:
    only_one, only_other, most = one - other, other - one, len(one | other)
    if len(only_one) + len(only_other) > max(4, most // 3):
        return False
    pairs = ((only_one, only_other), (only_other, only_one))
    apart = sum(all(fuzz.ratio(word, each) < ALIKE for each in theirs) for ours, theirs in pairs for word in ours)
    return apart <= most // 10
