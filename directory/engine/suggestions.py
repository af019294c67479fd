"""Suggestions for leads: read a lead's text, ask the engine for teams, and store its answer as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.firm_sentences import known_sentences, recent_sentences
from directory.engine.firms_like_lead import firms_like_lead, statements_on
from directory.engine.introduction_paths import step_as_data
from directory.engine.need_examples import known_examples
from directory.engine.need_reader import load_need_reader
from directory.engine.sentence_encoder import load_model
from directory.engine.world_cache import known_world, recent_world
from directory.engine.world_reader import KnownWorld
from directory.facts.rating import own_ratings
from directory.leads.lead import Lead, MatchedBy, Wish
from directory.leads.suggestion import Answer, Seat, SeatKind, Suggestion, Team
from directory.people.tables import Member
from directory.taxonomy.capability import Capability
from directory.text import fold
from matching import need_extraction, outputs, team_suggestion
from matching.inputs import Ask, Need
from matching.need_extraction import Guess

TEAMS, ALTERNATES = 3, 3
_NOTHING_ASKED = outputs.Answer("nobody", (), (), outputs.Proof(0.0, 0), "")


@dataclass(frozen=True)
class UnderstoodText:
    """What a text asks for; ``likely`` is offered to a person. ``wishes`` is empty where nothing matches."""

    wishes: tuple[Wish, ...]
    likely: tuple[Wish, ...]
    negated: tuple[Wish, ...]
    place: str


def understand(session: Session, *, text: str) -> UnderstoodText:
    """Read the needs and the place from a client's text, with the network's taxonomies."""
    known = recent_world(session)
    model, reader = load_model(), load_need_reader()
    reading = need_extraction.extract_needs(
        text,
        known.lexicon,
        encode=model.encode if model else None,
        hear=reader.hear if reader else None,
        places=known.places,
        examples=known_examples(session, known),
    )
    return UnderstoodText(
        wishes=tuple(_wish(known, guess) for guess in reading.needs),
        likely=tuple(_wish(known, guess) for guess in reading.likely),
        negated=tuple(_wish(known, guess) for guess in reading.negated),
        place=reading.place or "",
    )


def runners_up(session: Session, *, lead: Lead) -> list[int]:
    """Return the ids of other capabilities that the lead's text may be about, for its bringer to choose from."""
    known, model, reader = recent_world(session), load_model(), load_need_reader()
    nodes = need_extraction.runners_up(
        lead.text,
        known.lexicon,
        encode=model.encode if model else None,
        hear=reader.hear if reader else None,
        taken=[known.capability[need.capability_id] for need in lead.needs if need.capability_id in known.capability],
        examples=known_examples(session, known),
    )
    return [int(known.world.taxonomy.ids[node]) for node in nodes]


def offered_capabilities(session: Session, *, suggestion: Suggestion | None) -> list[Capability]:
    """Return the capabilities that a suggestion offers beside the lead's needs, the likeliest first."""
    ids = suggestion.offered if suggestion else []
    rows = select(Capability).where(Capability.id.in_(ids), Capability.hidden_at.is_(None))
    found = {capability.id: capability for capability in (session.scalars(rows) if ids else ())}
    return [found[id] for id in ids if id in found]


def suggest(session: Session, *, lead: Lead, now: datetime) -> Suggestion:
    """Ask the engine for teams for ``lead`` on behalf of its bringer, and store the answer."""
    return store_suggestion(session, ask_engine(session, lead=lead, asker=lead.member, now=now), lead=lead)


def ask_engine(session: Session, *, lead: Lead, asker: Member, now: datetime, is_again: bool = False) -> Suggestion:
    """Return the engine's answer to ``lead``, which need not be in the session, as a Suggestion that is not in it.

    ``is_again``: the bringer asks for what changed, so that every change counts.
    """
    own = own_ratings(session, rater=asker)
    suggestion = unsaved_suggestion(
        session, lead=lead, asker=asker, own=own, teams_wanted=TEAMS, now=now, is_again=is_again
    )
    suggestion.offered = runners_up(session, lead=lead)
    return suggestion


def store_suggestion(session: Session, suggestion: Suggestion, *, lead: Lead) -> Suggestion:
    """Store an answer as that to the lead, which was asked about as it stands."""
    suggestion.lead_id = lead.id
    session.add(suggestion)
    session.flush()
    return suggestion


def latest_suggestion(session: Session, *, lead: Lead) -> Suggestion | None:
    """Return the newest suggestion for ``lead``, or None."""
    statement = select(Suggestion).where(Suggestion.lead_id == lead.id).order_by(Suggestion.id.desc()).limit(1)
    return session.scalars(statement).one_or_none()


def unsaved_suggestion(
    session: Session,
    *,
    lead: Lead,
    asker: Member | None,
    own: Mapping[int, tuple[int, int]],
    teams_wanted: int,
    now: datetime,
    is_again: bool = False,
) -> Suggestion:
    """Return the engine's answer to ``lead`` as a Suggestion that is not in the session; nor need ``lead`` be.

    ``own`` are the asker's own ratings, member id -> (warmth, competence); they count for the asker only.
    """
    known, said = recent_world(session), recent_sentences(session)
    if is_again or not {need.capability_id for need in lead.needs} <= known.capability.keys():
        known, said = known_world(session), known_sentences(session)
    wanted = [need for need in lead.needs if need.capability_id in known.capability]
    needs = tuple(Need(known.capability[need.capability_id], need.is_must, need.share) for need in wanted)
    city, region = _place(known, lead.place)
    ask = Ask(
        today=now.toordinal(),
        needs=needs,
        asker=None if asker is None else known.member.get(asker.id),
        bringer=known.business.get(lead.business_id) if lead.business_id is not None else None,
        shape=None if lead.shape is None else lead.shape.value,
        own_ratings={known.member[member]: rating for member, rating in own.items() if member in known.member},
        city=city,
        region=region,
        budget=lead.budget_minor,
        currency=lead.currency,
        due=lead.due_on.toordinal() if lead.due_on else None,
        teams=teams_wanted,
        alternates=ALTERNATES,
    )
    answer = (
        team_suggestion.answer(
            known.world,
            ask,
            need_extraction.nearness(known.world.taxonomy, needs),
            statements_on(known, said, lead=lead, needs=wanted),
        )
        if needs
        else _NOTHING_ASKED
    )
    suggestion = Suggestion(
        lead_id=lead.id,
        asker_id=None if asker is None else asker.id,
        made_at=now,
        answer=Answer(answer.kind),
        model="minilm" if load_model() else "lexical",
        weights_version=answer.weights_version,
        world_version=known.world.version,
        missing=[_missing(known, ask, missing) for missing in answer.missing],
        proof={"optimal": True, **asdict(answer.proof)},
        teams=[_team(known, said.digests, ask, team, rank) for rank, team in enumerate(answer.teams, start=1)],
    )
    suggestion.similar = firms_like_lead(known, said, lead=lead, suggestion=suggestion, own_ratings=own)
    return suggestion


def _wish(known: KnownWorld, guess: Guess) -> Wish:
    return Wish(
        capability_id=int(known.world.taxonomy.ids[guess.capability]),
        is_must=guess.must,
        matched_by=MatchedBy(guess.matched_by),
        phrase=guess.phrase,
    )


def _place(known: KnownWorld, text: str) -> tuple[str, str]:
    """Return the (city, region) that ``text`` names, among those of the network's firms; "" for each not named."""
    words = f" {fold(text)} "
    named = [place for spelled, place in known.spelled.items() if f" {spelled} " in words]
    city = max((place for place in named if place in known.region_of), key=len, default="")
    region = next((place for place in named if place in known.region_of.values()), known.region_of.get(city, ""))
    return city, region


def _missing(known: KnownWorld, ask: Ask, missing: outputs.Missing) -> dict[str, Any]:
    taxonomy, businesses = known.world.taxonomy, known.world.businesses
    nearest = None
    if missing.nearest is not None:
        nearest = {
            "capability": int(taxonomy.ids[missing.nearest[0]]),
            "business": int(businesses.ids[missing.nearest[1]]),
        }
    return {"capability": int(taxonomy.ids[ask.needs[missing.need].capability]), "nearest": nearest}


def _team(known: KnownWorld, digests: Sequence[str], ask: Ask, team: outputs.Team, rank: int) -> Team:
    ids = known.world.businesses.ids
    return Team(
        rank=rank,
        score=team.score,
        shown=team.shown,
        reasons=[_reason(known, digests, ask, reason, team.paths.get(reason.business, ())) for reason in team.reasons],
        paths={
            str(ids[business]): [step_as_data(known, step) for step in path] for business, path in team.paths.items()
        },
        missing=[int(known.world.taxonomy.ids[ask.needs[need].capability]) for need in team.missing],
        seats=[_seat(known, ask, team, seat) for seat in team.seats],
    )


def _seat(known: KnownWorld, ask: Ask, team: outputs.Team, seat: outputs.Seat) -> Seat:
    world = known.world
    return Seat(
        kind=SeatKind(seat.kind),
        business_id=int(world.businesses.ids[seat.business]),
        member_id=_member_id(known, seat.member),
        capability_id=None if seat.need is None else int(world.taxonomy.ids[ask.needs[seat.need].capability]),
        share=seat.share,
        is_prime=seat.business == team.prime,
        alternates=[
            {
                "business": int(world.businesses.ids[alternate.business]),
                "member": _member_id(known, alternate.member),
                "shown": alternate.shown,
                "known": alternate.known.value,
            }
            for alternate in seat.alternates
        ],
    )


def _reason(
    known: KnownWorld, digests: Sequence[str], ask: Ask, reason: outputs.Reason, path: tuple[outputs.Step, ...]
) -> dict[str, Any]:
    """Return the reason with row ids for indices; trust by a path has its last fact and the member next to the asker.

    A sentence is kept by its digest: what was hidden or erased since cannot be quoted.
    """
    world, data = known.world, dict(reason.data)
    if reason.signal == "trust" and path:
        data["fact"] = step_as_data(known, path[-1])
        if len(path) > 1:
            data["through"] = path[0].end
    for key, ids in (
        ("need", [int(world.taxonomy.ids[need.capability]) for need in ask.needs]),
        ("capability", world.taxonomy.ids),
        ("member", world.members.ids),
        ("through", world.members.ids),
        ("prime", world.businesses.ids),
    ):
        if data.get(key) is not None:
            data[key] = int(ids[data[key]]) if data[key] >= 0 else None
    if data.get("sentence") is not None:
        data["sentence"] = digests[data["sentence"]]
    return {
        "signal": reason.signal,
        "business": int(world.businesses.ids[reason.business]),
        "contribution": reason.contribution,
        "strength": reason.strength,
        "data": data,
    }


def _member_id(known: KnownWorld, member: int | None) -> int | None:
    return None if member is None else int(known.world.members.ids[member])
