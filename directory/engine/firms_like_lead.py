"""Firms whose own sentences are like a lead's text: evidence for its seats, and an answer where nobody has a claim."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from directory.engine.firm_sentences import (
    KnownSentences,
    TextSource,
    WritingFirm,
    quotable_sentences,
    recent_sentences,
)
from directory.engine.seat_level import seats_by_words_alone
from directory.engine.sentence_encoder import load_model
from directory.engine.world_reader import KnownWorld
from directory.facts.rating import own_ratings
from directory.leads.lead import Lead, Need
from directory.leads.suggestion import Suggestion
from directory.people.tables import Member
from matching.firm_sentence_ranking import SERVES, Encode, Likeness
from matching.firm_statements import statements
from matching.inputs import Statements
from matching.lead_passages import passages
from matching.trust import COLD, WARM

BEHIND = 0.7  # the least part of the best firm's likeness that others need
MORE = 3  # the most firms that are shown beside a whole team


@dataclass(frozen=True)
class SimilarFirm:
    """A firm, and its sentence that is nearest to the text."""

    public_id: str
    business: str
    sentence: str
    source: TextSource


def statements_on(known: KnownWorld, said: KnownSentences, *, lead: Lead, needs: Sequence[Need]) -> Statements:
    """Return what the firms of the World say about each of the lead's ``needs``, which the World knows."""
    names = known.world.taxonomy.names
    asked = passages(lead.text, [need.phrase or names[known.capability[need.capability_id]] for need in needs])
    firms = known.world.businesses.ids
    owners = np.array([known.business.get(firm.id, -1) for firm in said.firms], dtype=np.int64)
    claims, lexicon = known.world.claims, known.lexicon
    trades = lexicon.categories[claims.capability]
    same_trade = np.zeros((len(needs), len(firms)), dtype=np.bool_)
    for row, need in enumerate(needs):
        same_trade[row, claims.business[trades == lexicon.root(known.capability[need.capability_id])]] = True
    return statements(said.index, asked, _encode(), owners=owners, same_trade=same_trade)


def firms_like_lead(
    known: KnownWorld,
    said: KnownSentences,
    *,
    lead: Lead,
    suggestion: Suggestion,
    own_ratings: Mapping[int, tuple[int, int]],
) -> list[dict[str, Any]]:
    """Return as data the firms that write about what ``suggestion`` leaves open, or fills by their own words alone.

    That is the whole lead where no need of it is filled otherwise. Where nothing is open, they are those that write
    more about the lead than anybody of the first team. ``lead`` need not be in the session.
    """
    says = [seat for team in suggestion.teams[:1] for seat in seats_by_words_alone(team)]
    is_open = {gap["capability"] for gap in suggestion.missing} | {seat.capability_id for seat in says}
    open_needs = [need for need in lead.needs if need.capability_id in is_open]
    if suggestion.teams and not open_needs:
        team = {seat.business_id for seat in suggestion.teams[0].seats}
        alike = rank_firms(
            said, text=lead.text, ratings=own_ratings, but={lead.business_id} - team, before=team, limit=MORE
        )
        found = [(firm, like) for firm, like in alike if like.score >= SERVES]
    else:
        names, at = known.world.taxonomy.names, known.capability
        phrases = ". ".join(need.phrase or names[at[need.capability_id]] for need in open_needs)
        text = phrases if len(open_needs) < len(lead.needs) else lead.text
        but = {lead.business_id, *(seat.business_id for seat in says)}
        found = rank_firms(said, text=text, ratings=own_ratings, but=but)
    return [{"business": firm.id, "sentence": said.digests[like.sentence]} for firm, like in found]


def rank_firms(
    said: KnownSentences,
    *,
    text: str,
    ratings: Mapping[int, tuple[int, int]],
    but: Collection[int | None] = (),
    before: Collection[int] = (),
    limit: int = 5,
) -> list[tuple[WritingFirm, Likeness]]:
    """Return the firms that write about something like ``text``, the most alike first; empty where none does.

    Leaves out the firms with the ids ``but``, those that are like it by whom they serve or look for, and those with a
    member whom the asker's own ``ratings`` or the published band bar; and all from the first firm of ``before`` on.
    """
    found = [
        (firm, like)
        for like in said.index.rank(passages(text)[0], _encode())
        for firm in [said.firms[like.owner]]
        if firm.id not in but and not _is_barred(firm, ratings)
    ]
    ahead = takewhile(lambda pair: pair[0].id not in before, found)
    best = [pair for pair in ahead if pair[1].is_about_owner and pair[1].score >= BEHIND * found[0][1].score]
    return best[:limit]


def quoted_firms(session: Session, similar: Sequence[Mapping[str, Any]], *, asker: Member | None) -> list[SimilarFirm]:
    """Return what ``firms_like_lead`` found, as far as it may be shown to the asker now; in at most three queries."""
    if not similar:
        return []
    firms = recent_sentences(session).firms_by_id([like["business"] for like in similar])
    ratings = own_ratings(session, rater=asker) if asker else {}
    shown = quotable_sentences(session, firms.keys())
    return [
        SimilarFirm(firm.public_id, firm.name, said.text, said.source)
        for like in similar
        if (firm := firms.get(like["business"])) and not _is_barred(firm, ratings)
        if (said := shown.get((firm.id, like["sentence"])))
    ]


def _encode() -> Encode | None:
    model = load_model()
    return model.encode if model else None


def _is_barred(firm: WritingFirm, ratings: Mapping[int, tuple[int, int]]) -> bool:
    """Whether trust bars a member of the firm; see ``matching.trust.vantage``."""
    return any(
        (is_cold and warmth < WARM) or warmth <= COLD
        for member, is_cold in firm.members.items()
        for warmth in [ratings[member][0] if member in ratings else COLD + 1]
    )
