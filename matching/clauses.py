"""Clauses of a text, and what each is by its English cues: a want, a refusal, something covered, later, or the asker.

A sentence is cut at commas, conjunctions and verbs of wanting. A cue is evidence that ``need_probability`` weighs; it
decides nothing alone.
"""

import re
from dataclasses import dataclass

from matching.text_normalization import count_informative, sentences

LIST = 4  # informative words up to which a clause is an item of a list
_CUT = re.compile(
    r"\s*[,;:()+]\s+|\s*[()]|(?<!anything)(?<!everything)(?<!nothing)\s+(?=(?:and|but|or|nor|plus|also|because|so|while"
    r"|whereas|then|instead|rather|not|except|apart|without|&)\b|&\s|for\s+(?:an?|our|my|his|her|their|two|three"
    r"|\d+)\s)"
    r"|(?<!n't)(?<!not)(?<!\bwe)(?<!\bi)(?<!you)\s+(?=(?:needs?|wants?|wanted|would\s+like|(?:is|are)\s+looking|asked"
    r"|asks)\b)"
)
_NOT = r"(?:\s+not|n't)\s+(?:really\s+|actually\s+|even\s+|yet\s+)?"
_OUR = r"(?:an?|our|my|his|her|their)"
_CUES = {
    "refused": rf"\b(?:do|does|did|would|will|should|is|are|am|'re|'m){_NOT}(?:want|need|require|use|looking|after"
    r"|interested|considering|asking|about|care|pitch|send|sell|suggest|offer|touch|have\s+to\s+be)\b"
    r"|^(?:and\s+|but\s+|so\s+|please\s+|just\s+)*(?:no|not|nor|never)\b(?!\s+(?:only|just|sure|enough|idea|one)\b)"
    r"|\b(?:instead\s+of|rather\s+than|without|except|apart\s+from|other\s+than|neither|no\s+more|no\s+longer"
    r"|no\s+(?:need|interest)|not\s+(?:an?|the|about|for|another)|(?:anything|everything)\s+but|(?:off|away)\s+(?:of"
    r"|from)|(?:get|take|move|moving)\s+(?:\w+\s+)?off|leav(?:e|ing)"
    r"|ruled\s+out|was\s+a\s+mistake|never\s+again|enough\s+of|can\s+wait|avoid|skip"
    r"|forget|overkill|burned\s+by|sick\s+of|needs?\s+(?:nobody|no\s+one)|nothing\s+to\s+do\s+with"
    r"|rather\s+not|pitch(?:es|ing)?|(?:not|n't)\s+(?:needed|wanted|necessary|what|my|our)|(?:ca|can)n(?:'t|ot)\s+afford"
    r"|keeps?\s+(?:sending|calling|offering|pitching))\b",
    "left": r"\b(?:out\s+of|outgrew|replac(?:e|ing)|used\s+to|tried|stop(?:ped)?|tired\s+of|against"
    r"|ditch(?:ed|ing)?|dropp(?:ed|ing))\b",
    "covered": r"\balready\b|\b(?:we|they|i|he|she)(?:'ve|\s+have|\s+has|'s)?\s+(?:got\s+|have\s+|has\s+)"
    r"(?!to\b|no\b|not\b|never\b)|\b(?:we|they|i)\s+(?:have|love|do|handle|use)\s*[.!?]?$"
    r"|\b(?:is|are|was|were|'s|been|be)\s+(?:all\s+|just\s+|already\s+)*(?:done|fine|sorted|covered|booked|handled"
    r"|new|in\s+place|good|great|ok|okay|finished|settled|hired|filed|organi[sz]ed|paid|taken|fixed"
    r"|on\s+(?:it|board)|ours)\b|\b(?:works?|doing|runs)\s+(?:fine|well|great)|\b(?:happy|fine|pleased"
    r"|satisfied)\s+(?:with|on)\b|\bstays?\b"
    r"|\b(?:is|are|was|were|'s)\s+(?:\w+\s+)?(?:arranged|scheduled|ordered|bought|printed|built|written|signed"
    r"|in\s+good\s+hands|lined\s+up)\b|\bown\s+(?:\w+\s+)?(?:guys?|people|folks|crew|team|staff|man|person)\b"
    r"|\b(?:takes?|took|taken|taking)\s+care\s+of\b|\bhandled\b|'s\s+(?:thing|job|department)\b|\bcomes?\s+with\b"
    r"|\b(?:has|have|'s|'ve)\s+been\s+(?:done|paid|scheduled|fixed|finished|ordered|booked|hired)\b"
    r"|\bgot\s+(?:it|that|one)\b|\b(?:'re|are|am|'m)\s+(?:all\s+)?(?:set|good)\s+(?:on|for|with)\b"
    r"|\b(?:my|him|her|them|our)sel(?:f|ves)\b|\bin[- ]house\b|\b(?:has|have|exists?|too|got|ok|okay)\s*[.!?]?$"
    r"|\bkeep(?:ing)?\s+(?:it|them)|\b(?:my|our|the|his|her)\s+[\w-]+(?:\s+\w+){0,2}\s+(?:does|did|do|handles?|cooks?"
    r"|writes?|drew|drafted|made|has\s+been|is\s+doing|pays?\s+for|provides?)\b(?!\s+not|n't)",
    "asker": r"^(?:and\s+)?(?:we|i|they|he|she)\s*(?:'re|'m|'s|\s(?:are|am|is|run|own|runs|owns|makes?|sells?))\b"
    r"|^(?:as|at|by)\s+(?:an?|our|my|his|her|their|the)\b|^an?\s+\w+\s+(?:of\s+mine|i\s+know)"
    r"|\bhere\s*[.!]?$|\bfor\s+a\s+living\b|\bwhat\s+we\s+do\b|\b(?:is|are)\s+our\s+\w+\s*[.!]?$"
    r"|\bsince\s+(?:19|20)\d\d\b|\bin\s+the\s+\w+(?:\s+\w+)?\s+business\b"
    r"|\b(?:client|customer|cousin|friend|brother|sister|husband|wife|owner|neighbou?r)s?(?:'s)?\b",
    "whose": rf"^for\s+(?:{_OUR}|two|three|\d+)\s",
    "does": r"^(?:and\s+|so\s+|because\s+|that\s+)?(?:we|i)\s+(?!need|want|look|search|seek|must|should|would|could|can"
    r"|have\s+to|lost|lack|hire|require|ask|wonder|cannot|lose|like|think|hope|just|only|wish)\w+\s+(?!not\b)\w",
    "firm": r"\b(?:firm|company|business|shop|store|studio|agency|owner|practice|brand|clinic|farm|school|church|maker"
    r"|contractor|startup|start-up|team\s+of|people|of\s+us)\b",
    "placed": r"\b(?:in|near|from|around)\s+[a-z]\w+(?:\s+[a-z]\w+)?\s*[.!]?$",
    "later": r"\b(?:later|maybe|perhaps|possibly|eventually|some\s*day|next\s+year|down\s+the\s+road|ideally"
    r"|optional(?:ly)?|if\s+possible|nice\s+to\s+have|(?:would|could)\s+(?:also\s+)?be\s+(?:nice|good|great|lovely)"
    r"|a\s+(?:plus|bonus))\b",
    "want": r"\b(?:need(?:s|ed)?|want(?:s|ed)?|look(?:s|ing)?\s+for|seek(?:s|ing)?|someone|somebody|anyone|anybody"
    r"|who\s+(?:can|does|do|knows|has)|missing|lack(?:s|ing)?|recommend|requires?|help|find|hire|must|please"
    r"|(?:would|'d)\s+like|insists?|prefers?|wish(?:es)?|could\s+use|should|can\s+(?:you|we|anyone|someone))\b",
}
CUES = tuple(_CUES)
_PATTERNS = {cue: re.compile(pattern) for cue, pattern in _CUES.items()}
_WANTS = re.compile(r"(?:needs?|wants?|wanted|would|is|are|asked|asks)\b")
_OR = re.compile(r"(?:or|nor)\b")


@dataclass(frozen=True)
class Clause:
    """``text[start:end]``, in sentence number ``sentence``; ``cues`` are those of CUES and of ``clauses``."""

    start: int
    end: int
    sentence: int
    cues: frozenset[str]


def clauses(text: str) -> list[Clause]:
    """Return the clauses of a clean text in order, none without a word.

    Besides its own cues, a clause of a list after a refusal continues it ("refused+"), one after a want continues that
    unless it says something else ("want+"), and one before a verb of wanting is its "subject".

    >>> [sorted(clause.cues) for clause in clauses("A brewery wants labels, no boxes or crates")]
    [['subject'], ['want'], ['refused'], ['refused+']]
    """
    result: list[Clause] = []
    for number, (start, end) in enumerate(sentences(text)):
        folded = text[start:end].lower().replace("’", "'")
        if len(folded) != end - start:  # a few letters have a longer lower case: positions must stay those of the text
            folded = text[start:end].replace("’", "'")
        before: set[str] = set()
        for at, (first, after) in enumerate(pieces := _pieces(folded)):
            piece = folded[first:after]
            cues = {cue for cue, pattern in _PATTERNS.items() if pattern.search(piece)}
            following = folded[pieces[at + 1][0] :] if at + 1 < len(pieces) else ""
            is_listed = _OR.match(piece) or (_OR.match(following) and count_informative(piece) <= LIST)
            if before & {"refused", "refused+"} and is_listed and not cues & {"want", "refused"}:
                cues.add("refused+")
            elif before & {"want", "want+"} and not cues & {"covered", "refused", "want", "does"}:
                cues.add("want+")
            if _WANTS.match(following):
                cues.add("subject")
            result.append(Clause(start + first, start + after, number, frozenset(cues)))
            before = cues
    return result


def _pieces(sentence: str) -> list[tuple[int, int]]:
    """Return (start, end) of the clauses of a sentence in lower case; each with an informative word."""
    cuts = [0, *(at for match in _CUT.finditer(sentence) for at in match.span()), len(sentence)]
    pieces: list[tuple[int, int]] = []
    joined: int | None = None
    for start, end in zip(cuts[::2], cuts[1::2], strict=True):
        first = start if joined is None else joined
        piece = sentence[start:end]
        if count_informative(piece) or (joined is None and _PATTERNS["covered"].search(piece)):
            pieces.append((first, end))
            joined = None
        elif joined is None and re.search(r"\w", piece):
            joined = start
    if joined is not None and not pieces:
        pieces.append((joined, len(sentence)))
    return pieces
