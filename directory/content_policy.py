"""Policy: what a post must not say, and what it had better not, each with a sentence that says what to do."""

import re
from dataclasses import dataclass

from directory.text_length import find_links
from directory.translation import gettext as _

MOST_HASHTAGS = 6  # the network's and at most five of the chapter
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
    """What is the matter with a text; with an error it is not posted."""

    sentence: str
    is_error: bool = True


def check_policy(
    text: str, *, has_link: bool = False, costs_link: str = "", is_known: bool = False
) -> list[PolicyRemark]:
    """What is to be said of a post's text, the errors first.

    ``has_link``: links were chosen for its channel; ``costs_link``: what one costs there, in words; ``is_known``: an
    earlier week said the very same.
    """
    found: list[PolicyRemark | None] = [
        _if(
            re.search(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text),
            _("Remove the hidden characters that turn the direction of the text."),
        ),
        _if(re.search(r"[#＃]\s", text), _("A hashtag has no blanks: write the sign and its word together.")),
        _if(
            len(re.findall(r"[#＃]\w", text)) > MOST_HASHTAGS,
            _("Take some hashtags out: more than %(most)s read like an advertisement.", most=MOST_HASHTAGS),
        ),
        _if(
            re.search(r"(?<![\w.@])[@＠]\w", text),
            _("Write the name instead of the @: it would call on somebody who did not ask for it."),
        ),
        _if(
            re.search(r"[\w.+-]@[\w-]+\.\w", text),
            _("Take the mail address out: everybody could write to it for good."),
        ),
        _if(_TELEPHONE.search(text), _("Take the telephone number out: everybody could call it for good.")),
        _if(_REWARD.search(text), _("Promise no reward for a referral: a good word is not for sale.")),
        _if(is_known, _("An earlier week said the very same: change a word, or the network may refuse it.")),
    ]
    if not has_link and find_links(text):
        chosen = _("Take the link out, or choose links for this channel: there each costs %(cost)s.", cost=costs_link)
        warned = _("There is a link in it; many networks show such posts to fewer people.")
        found.append(PolicyRemark(chosen if costs_link else warned, is_error=bool(costs_link)))
    if _CAPITALS.search(text):
        found.append(PolicyRemark(_("Capitals read like shouting: write these words small."), is_error=False))
    return sorted(filter(None, found), key=lambda remark: not remark.is_error)


def policy_errors(text: str) -> list[str]:
    """Why a member's own words cannot be repeated in public, as sentences."""
    return [remark.sentence for remark in check_policy(text) if remark.is_error]


def _if(is_so: object, sentence: str) -> PolicyRemark | None:
    return PolicyRemark(sentence) if is_so else None
