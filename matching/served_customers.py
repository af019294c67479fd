"""Customers that a firm's sentence names: "We insure photographers" is no photography, "Sites for law firms" no law."""

import re

# Words that end as people's trades do, and are things.
_THINGS = (
    "answer banner barrier blower boiler border burger burner calculator center chapter charger color"
    " compressor computer container cooler copier corner counter cover dinner door drawer dryer dumpster"
    " elevator error exterior filter flavor floor flower flyer folder freezer generator gutter header heater"
    " implant interior labor laser layer letter matter mirror mixer monitor motor mower newsletter number odor"
    " offer order paper poster power printer projector quarter refrigerator roller router scanner sensor"
    " server shower shutter sprinkler sticker timber timer tower tracker tractor trailer transfer washer water"
    " winter"
)
_PEOPLE = (
    r"(?:(?<!\bwe )(?<!\bi )(?!(?:of|for|by|to|from|with|in|at|and|or|that|how|our|are|as|your|the|we|i|s)\b)[\w-]+ )?"
    r"(?:agencies|companies|dealerships|firms|practices|agents|attorneys|architects|vets|cpas|doctors"
    rf"|(?!(?:{'|'.join(_THINGS.split())})s\b)[a-z]{{2,}}(?:ers|ors|ists|ians|ants|eons|men))\b"
)
_LIST = re.compile(rf"\b{_PEOPLE}(?:(?:,? and|,? or|,|/) {_PEOPLE})*", re.IGNORECASE)
# What comes before people who are the firm itself: nothing at all, "We are", "Your local", "A team of", "Run by".
_ITSELF = re.compile(
    r"(?:^\W*|\b(?:are|we're|our|as|your|(?:team|crew|family|group|network|pair|couple|band|firm) of"
    r"|(?:run|owned|led|made|built|done) by) (?:an? |the |your )?(?:[\w-]+ )?)$",
    re.IGNORECASE,
)
_FOR_THEM = re.compile(
    r"(?:advis|coach|connect|equipp|financ|fund|help|insur|market|recruit|represent|serv|staff|supply|support|teach|train)"
    r"ing\b",
    re.IGNORECASE,
)


def without_customers(text: str) -> str:
    """Return a firm's sentence without the people and firms that it names as its customers.

    >>> without_customers("Contracts for photographers, and we insure roofing companies")
    'Contracts for , and we insure '
    >>> without_customers("We are plumbers, roofers and a team of licensed electricians")
    'We are plumbers, roofers and a team of licensed electricians'
    """

    def kept(match: re.Match[str]) -> str:
        is_itself = _ITSELF.search(text[: match.start()]) and not _FOR_THEM.match(match[0])
        return match[0] if is_itself else ""

    return _LIST.sub(kept, text)
