"""How well a team fits a lead, in a word: the number from which it is made is for those who ask."""

from directory.translation import gettext as _

STRONG, GOOD = 65, 45  # the least of 0-100; a firm that nobody knows or has seen at work is below GOOD


def match_word(shown: int, *, is_proven: bool, is_known: bool) -> str:
    """Return "strong", "good" or "possible" for a shown score of 0-100.

    A team is at most "possible" unless it ``is_proven``: it leaves no must open, and every seat has more behind it than
    the firm's own words. It is at most "good" unless it ``is_known``: the asker knows every firm of it.
    """
    if not is_proven or shown < GOOD:
        return _("possible")
    return _("strong") if shown >= STRONG and is_known else _("good")
