"""Content policy: checks of a post's text for what is forbidden or discouraged, each with a sentence of advice."""

import re
from dataclasses import dataclass

from directory.text_length import find_links
from directory.translation import gettext as _

MAX_HASHTAGS = 6  # the network's own and at most five of the chapter
_CAPITALS = re.compile(r"(?:\b[^\W\d_a-z]{2,}\b(?:\W+|$)){4,}")
_TELEPHONE = re.compile(r"(?<![\w/])(?:\+|\()?\d(?:[ ()./–-]{0,2}\d){8,}(?!\w)")
_REWARD = re.compile(
    r"\b(referral|finder.?s|introduction) (fee|bonus|reward|commission)|\bkickback"
    r"|[$€£]\s?\d[\d.,]* (for|per) (each|every|a|any) (referral|introduction|lead)"
    r"|\b(commission|bonus|reward|gift card|paid|cash) for (\w+ ){0,2}(referrals?|introductions?|leads?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PolicyRemark:
    """A problem of a text; an error keeps the text from being posted, a warning does not."""

    sentence: str
    is_error: bool = True


def check_policy(
    text: str, *, has_link: bool = False, link_cost: str = "", is_repeated: bool = False
) -> list[PolicyRemark]:
    """Return the problems of a post's text, errors first.

    ``has_link``: the channel is set to have links. ``link_cost``: the price of a link there, as text, or empty.
    ``is_repeated``: an earlier week had the same text.
    """
    remarks: list[PolicyRemark | None] = [
        _error_if(
            re.search(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text),
            _("Remove the hidden characters that turn the direction of the text."),
        ),
        _error_if(re.search(r"[#＃]\s", text), _("A hashtag has no blanks: write the sign and its word together.")),
        _error_if(
            len(re.findall(r"[#＃]\w", text)) > MAX_HASHTAGS,
            _("Take some hashtags out: more than %(most)s read like an advertisement.", most=MAX_HASHTAGS),
        ),
        _error_if(
            re.search(r"(?<![\w.@])[@＠]\w", text),
            _("Write the name instead of the @: it would call on somebody who did not ask for it."),
        ),
        _error_if(
            re.search(r"[\w.+-]@[\w-]+\.\w", text),
            _("Take the mail address out: everybody could write to it for good."),
        ),
        _error_if(_TELEPHONE.search(text), _("Take the telephone number out: everybody could call it for good.")),
        _error_if(_REWARD.search(text), _("Promise no reward for a referral: a good word is not for sale.")),
        _error_if(is_repeated, _("An earlier week said the very same: change a word, or the network may refuse it.")),
    ]
    if not has_link and find_links(text):
        priced = _("Take the link out, or choose links for this channel: there each costs %(cost)s.", cost=link_cost)
        general = _("There is a link in it; many networks show such posts to fewer people.")
        remarks.append(PolicyRemark(priced if link_cost else general, is_error=bool(link_cost)))
    if _CAPITALS.search(text):
        remarks.append(PolicyRemark(_("Capitals read like shouting: write these words small."), is_error=False))
    return sorted(filter(None, remarks), key=lambda remark: not remark.is_error)


def policy_errors(text: str) -> list[str]:
    """Return the errors of a member's text, as sentences: why it cannot be repeated in public."""
    return [remark.sentence for remark in check_policy(text) if remark.is_error]


def _error_if(is_found: object, sentence: str) -> PolicyRemark | None:
    return PolicyRemark(sentence) if is_found else None
