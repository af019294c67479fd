"""Content policy: checks of a post's text for what is forbidden or discouraged, each with a sentence of advice."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

from directory.text_entities import find_links, find_mentions
from directory.translation import gettext as _

MAX_HASHTAGS = 6  # the network's own and at most five of the chapter
_CAPITALS = re.compile(r"(?:\b[^\W\d_a-z]{2,}\b(?:\W+|$)){4,}")
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64} ?(?:@|[(\[{] ?at ?[)\]}]) ?[\w-]+(?:\.[\w-]+)*\.[^\W\d]{2}"
    r"|(?<![\w.+-])[\w.+-]{1,64} at [\w-]{1,63}(?: dot [\w-]{2,63})+\b",
    re.IGNORECASE,
)
_DOT = re.compile(r" ?[(\[{] ?dot ?[)\]}] ?", re.IGNORECASE)  # "ana[at]firm[dot]example"
_DASHES = re.compile(r"\s*[-\u00b7\u2010-\u2015\u2022\u2027\u2219_]\s*")
_LONE_DIGITS = re.compile(r"(?<!\d)\d(?: \d){8,}(?!\d)")
_TOLL_FREE = "8(?:00|33|44|55|66|77|88)"
_VANITY_NUMBER = re.compile(rf"\b(?:1[-. ]?{_TOLL_FREE}[-. ](?i:[a-z\d-]{{7,}})|{_TOLL_FREE}-[A-Z]{{7,}})")
# A reward is promised where one sentence has all three: who pays or gets, something of value, and a referral.
_GIFT = r"(?:fees?|commissions?|bonus(?:es)?|rewards?|gift cards?|vouchers?|cash)\b"
_PROMISED = (
    re.compile(
        r"(?:\b(?:we|i)(?:'?ll| will| can)? (?:\w+ )?(?:pay|give|offer|buy)"
        r"|\byou(?:'?ll| will| can)? (?:get|earn|receive)|^ *(?:earn|get)|\bpocket|\bif you|\bwhen you)\b",
        re.IGNORECASE,
    ),
    re.compile(rf"[$€£]\s?\d|\d\s?(?:%|percent|dollars|euros|pounds)|\b{_GIFT}", re.IGNORECASE),
    re.compile(
        r"\b(?:refer(?!ence)\w*|introduc(?:e|es|ing|tions?)|recommends?|sends? (?:us|me|an? friend)"
        r"|leads?(?! (?:time|paint|pipe|actor|designer|developer|engineer|instructor|singer|teacher)s?\b))\b",
        re.IGNORECASE,
    ),
)
_REWARD = re.compile(
    r"(?<!no )\b(?:referral|finder.?s|introduction) (?:fee|bonus|reward|commission)|\bkickback"
    r"|(?:^|[.!?:] )(?:refer|introduce|recommend|send (?:us|me))\b[^.!?]{0,80} (?:get|earn|receive)"
    rf" (?:\w+ ){{0,2}}(?:free\b|[$€£]\s?\d|\d+\s?(?:%|percent|dollars)|{_GIFT})"
    rf"|\b(?:{_GIFT} for|we reward) (?:\w+ ){{0,4}}(?:referrals?|introductions?|leads?)\b"
    r"|\b(?:refer|introduce|recommend|send (?:us|me))\b[^.!?]{0,80} (?:month|year|visit|hour|job|order|session|service)"
    r" is (?:free|on (?:me|us|the house))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PolicyRemark:
    """A problem of a text; an error keeps the text from being posted, a warning does not."""

    sentence: str
    is_error: bool = True


def check_policy(
    text: str, *, country: str, has_link: bool = False, link_cost: str = "", is_repeated: bool = False
) -> list[PolicyRemark]:
    """Return the problems of a post's text, errors first.

    ``country`` is where its telephone numbers are from, ISO 3166-1, or empty. ``has_link``: the channel is set to have
    links. ``link_cost``: the price of a link there, as text, or empty. ``is_repeated``: an earlier week had the same
    text.
    """
    plain = unicodedata.normalize("NFKC", text)
    remarks: list[PolicyRemark | None] = [
        _error_if(
            re.search(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text),
            _("Remove the hidden characters that reverse the direction of the text."),
        ),
        _error_if(
            len(re.findall(r"[#＃]\w", text)) > MAX_HASHTAGS,
            _("Remove some hashtags: more than %(most)s look like an ad.", most=MAX_HASHTAGS),
        ),
        _error_if(
            find_mentions(_EMAIL.sub(" ", text)),
            _("Write the name without the @: it would notify somebody who did not ask for it."),
        ),
        _error_if(
            _EMAIL.search(_DOT.sub(".", plain)),
            _("Remove the email address: anybody could use it, for good."),
        ),
        _error_if(
            _has_telephone(plain, country or "US"),
            _("Remove the phone number: anybody could call it, for good."),
        ),
        _error_if(_promises_reward(plain), _("Promise no reward for a referral: a good word is not for sale.")),
        _error_if(
            is_repeated, _("An earlier week said exactly the same: change a word, or the network may refuse it.")
        ),
    ]
    if not has_link and find_links(text):
        priced = _("Remove the link, or turn on links for this channel: each one costs %(cost)s there.", cost=link_cost)
        general = _("It has a link, and many networks show such posts to fewer people.")
        remarks.append(PolicyRemark(priced if link_cost else general, is_error=bool(link_cost)))
    if _CAPITALS.search(text):
        remarks.append(
            PolicyRemark(_("All capitals look like shouting: write these words in lower case."), is_error=False)
        )
    return sorted(filter(None, remarks), key=lambda remark: not remark.is_error)


def policy_errors(text: str, country: str) -> list[str]:
    """Return the errors of a member's text, as sentences: why it cannot be repeated in public."""
    return [remark.sentence for remark in check_policy(text, country=country) if remark.is_error]


def _has_telephone(text: str, country: str) -> bool:
    """Whether there is a number that somebody in ``country`` can call, whatever stands between its digits."""
    plain = _LONE_DIGITS.sub(lambda match: match[0].replace(" ", ""), _DASHES.sub("-", text))
    valid = phonenumbers.Leniency.VALID
    return bool(_VANITY_NUMBER.search(plain)) or phonenumbers.PhoneNumberMatcher(plain, country, valid).has_next()


def _error_if(is_found: object, sentence: str) -> PolicyRemark | None:
    return PolicyRemark(sentence) if is_found else None


def _promises_reward(text: str) -> bool:
    sentences = re.split(r"[.!?;\n]+", text)
    return bool(_REWARD.search(text)) or any(all(part.search(each) for part in _PROMISED) for each in sentences)
