"""Every rule says what its row of the permission matrix says, for everybody there is."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.accounts.tables import Account, AccountSession
from app.permissions import PUBLIC, RULES, Principal, Rule, Verdict, can
from directory.db import Base
from directory.engine.saved_search import SavedSearch
from directory.facts.case_study import CaseStudy, CaseStudyParty
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction
from directory.facts.rating import Rating
from directory.facts.rating_case import RatingCase
from directory.facts.vouch import Vouch
from directory.imports.people import ImportBatch
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.leads.suggestion import Suggestion
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Band, Business, Member, MemberState, Wanted
from directory.week.pairing import Pairing
from directory.week.social_inbox import Reply

with (Path(__file__).parent / "permission_matrix.csv").open(encoding="utf-8") as file:
    MATRIX = {f"{row['object']}.{row['action']}": row for row in csv.DictReader(file)}

TUCSON, PHOENIX = 1, 2
WAITING = {"client_own", "client_other", "tok_scope", "tok_noscope", "tok_dead"}  # nobody is one yet


def person(id: int, chapter: int = TUCSON, **what: object) -> Member:
    what = {"state": MemberState.ACTIVE, **what}
    return Member(id=id, business=Business(id=id, chapter_id=chapter), business_id=id, **what)


NORA, BEA = person(1), person(2)
PAT = person(10, state=MemberState.PENDING)  # applied; asks for what is their own
PEOPLE = {
    "anon": Principal(),
    "pending": Principal(PAT),
    "suspended": Principal(person(3, state=MemberState.SUSPENDED)),
    "mem_same": Principal(person(4)),
    "mem_other": Principal(person(5, PHOENIX)),
    "owner": Principal(NORA),
    "party": Principal(BEA),
    "lead_own": Principal(person(6), leads=frozenset({TUCSON})),
    "lead_other": Principal(person(7, PHOENIX), leads=frozenset({PHOENIX})),
    "admin": Principal(person(8, PHOENIX, is_admin=True)),
}
SECRETARY = Principal(person(9), keeps=frozenset({TUCSON}))  # owns what belongs to a chapter
LEAD = Lead(member_id=1, business=NORA.business)
ROWS: dict[type[Base], Base] = {
    Member: NORA,
    Business: NORA.business,
    Chapter: Chapter(id=TUCSON),
    ImportBatch: ImportBatch(uploader_id=1, chapter_id=TUCSON),
    Application: Application(member_id=1, known_by_id=2, chapter_id=TUCSON),
    Wanted: Wanted(member_id=1, member=NORA),
    Introduction: Introduction(asker_id=1, target_id=2, asker=NORA, target=BEA),
    Interaction: Interaction(said_by_id=1, other_id=2, said_by=NORA, other=BEA),
    CaseStudy: CaseStudy(teller_id=1, teller=NORA, parties=[CaseStudyParty(member_id=1), CaseStudyParty(member_id=2)]),
    Vouch: Vouch(giver_id=1, receiver_id=2, giver=NORA, receiver=BEA),
    Rating: Rating(rater_id=1, ratee_id=2),
    Band: Band(member_id=1),
    RatingCase: RatingCase(ratee_id=2, ratee=BEA),
    Lead: LEAD,
    Suggestion: Suggestion(asker_id=1, lead=LEAD),
    AccountSession: AccountSession(account=Account(member_id=1)),
    SavedSearch: SavedSearch(member_id=1),
    Channel: Channel(chapter_id=TUCSON),
    Delivery: Delivery(channel=Channel(chapter_id=TUCSON)),
    Occurrence: Occurrence(chapter_id=TUCSON),
    Reply: Reply(channel=Channel(chapter_id=TUCSON)),
    Pairing: Pairing(one_id=1, other_id=2, occurrence=Occurrence(chapter_id=TUCSON)),
}
PENDING: dict[type[Base], Base] = {
    Member: PAT,
    Business: PAT.business,
    Wanted: Wanted(member_id=10, member=PAT),
    AccountSession: AccountSession(account=Account(member_id=10)),
}
TWO_SIDED = (Application, CaseStudy, Interaction, Introduction, Pairing, Vouch, Rating, RatingCase)


def wrong_cells(action: str) -> Iterator[tuple[str, str, str]]:
    for model in RULES[action].about or (None,):
        for column, asker in PEOPLE.items():
            if column == "party" and model not in (None, *TWO_SIDED):
                continue
            if column == "owner" and model in (Chapter, Channel, Delivery, Occurrence, Reply):
                asker = SECRETARY
            rows = ROWS | PENDING if column == "pending" else ROWS
            verdict = can(asker, action, rows[model] if model else None)
            if verdict != MATRIX[action][column]:
                yield action, column, verdict


@pytest.mark.parametrize("action", RULES)
def test_every_cell_holds(action: str) -> None:
    assert list(wrong_cells(action)) == []


def mutants() -> Iterator[tuple[str, Rule]]:
    for action, rule in RULES.items():
        yield action, replace(rule, is_public=False) if rule.is_public else PUBLIC
        if rule.pending != "F":
            yield action, replace(rule, pending=Verdict.FORBIDDEN)
        for part in ("owner", "party", "lead", "other_lead", "admin"):
            if getattr(rule, part) is not None:
                yield action, replace(rule, **{part: None})


@pytest.mark.parametrize(("action", "mutant"), list(mutants()))
def test_a_rule_that_is_switched_off_is_noticed(action: str, mutant: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, action, mutant)
    assert list(wrong_cells(action))


def test_every_column_of_the_matrix_is_asked_or_known_to_wait() -> None:
    columns = set(MATRIX["profile.update"]) - {"object", "action", "relation", "note"}
    assert columns == set(PEOPLE) | WAITING


def test_whoever_stands_in_two_ways_may_what_either_may() -> None:
    both = Principal(person(1, is_admin=True), leads=frozenset({TUCSON}))
    assert can(both, "lead.update", LEAD) == "A"
    assert can(both, "suggestion.read", ROWS[Suggestion]) == "A"


def test_a_rule_about_rows_is_never_asked_without_one() -> None:
    with pytest.raises(TypeError):
        can(PEOPLE["admin"], "lead.update")
