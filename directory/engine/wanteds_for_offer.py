"""Matches of a member's offer or introduction with the live asks of other members; the sentence is not stored."""

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from directory.engine.sentence_encoder import load_model
from directory.engine.text_embedding import stored_vectors
from directory.engine.text_similarity import text_similarity
from directory.leads.message_draft import Brief
from directory.people.tables import Member, Wanted, WantedKind
from directory.translation import gettext as _

LEAST, NEAR = 0.42, 0.75  # the least likeness, and the least part of the best match's likeness
LIMIT = 3


def draft_offer(wanted: Wanted, *, text: str, member: Member, introduces: bool) -> Brief:
    """Return a draft from ``member`` to the member who asks, about the sentence ``text``."""
    offer = _("I could introduce you:") if introduces else _("I can offer this:")
    return Brief(
        subject=_("About who you want to meet"),
        text="\n\n".join(
            [
                _("Hello %(name)s,", name=wanted.member.first_name),
                _("you would like to meet: “%(want)s”", want=wanted.text),
                f"{offer} “{text}”",
                _("Would that help? Can we talk?"),
                f"{member.name}\n{member.business.name}",
            ]
        ),
    )


def match_wanteds(session: Session, *, text: str, member: Member) -> list[Wanted]:
    """Return up to three live asks that ``text`` fits, from members of other firms, one each, the best first.

    Often none. Costs one matrix product: 10,000 asks take about 0.1 s once their texts are cached by this process.
    """
    live = (
        select(Wanted.id, Wanted.member_id, Wanted.text)
        .join(Wanted.member)
        .where(Wanted.ended_at.is_(None), Wanted.kind != WantedKind.OFFER)
        .where(Member.is_active, Member.business_id != member.business_id)
        .order_by(Wanted.wanted_at.desc(), Wanted.id.desc())
    )
    asks = session.execute(live).all()
    vectors = stored_vectors(session, [ask.text for ask in asks])
    if vectors and (model := load_model()):
        vectors[text] = model.encode([text])[0]
    fits = text_similarity([text], [ask.text for ask in asks], vectors)[0] if asks else np.zeros(0)
    best: dict[int, int] = {}  # member id -> the id of the ask that fits best
    for position in np.argsort(-fits, kind="stable"):
        if len(best) == LIMIT or fits[position] < max(LEAST, NEAR * float(fits.max())):
            break
        best.setdefault(asks[position].member_id, asks[position].id)
    matched = select(Wanted).where(Wanted.id.in_(best.values()))
    of_member = Wanted.member.of_type(Member)
    rows = session.scalars(matched.join(of_member).options(contains_eager(of_member).joinedload(Member.business)))
    by_id = {row.id: row for row in rows}
    return [by_id[ask] for ask in best.values()]
