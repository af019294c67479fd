"""What a lead does to a network's own words: everything follows a joined word, and every act can be undone."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.db import Base, world_version
from directory.errors import Conflict, Invalid
from directory.facts.collaboration import Collaboration, collaboration_capability
from directory.facts.vouch import Vouch
from directory.leads.lead import Lead, MatchedBy, Need
from directory.people import own_word
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.own_word import OwnWordAct, OwnWordChange, own_words, standing_changes
from directory.people.tables import Business
from directory.taxonomy.capability import OWN, Capability, CapabilityKind
from tests.cast import Cast

Done = Callable[[Cast, Capability, datetime], OwnWordChange]


@pytest.fixture
def word(session: Session, cast: Cast, now: datetime) -> Capability:
    """A word of Bramble's and Northlight's, with a vouch, finished work, and a lead that needs it."""
    node = Capability(scheme=OWN, code="wp", name="Wordpress sites", kind=CapabilityKind.SERVICE, origin="a.csv")
    node.parent, node.synonyms = cast.web, []
    session.add(node)
    session.flush()
    for firm in (cast.bea.business, cast.nia.business):
        session.add(Claim(business_id=firm.id, capability_id=node.id, claimed_at=now))
    session.add(Claim(business_id=cast.bea.business_id, capability_id=cast.wordpress.id, claimed_at=now))
    known = {"text": "Good", "known_as": "c", "given_at": now, "accepted_at": now, "capability_id": node.id}
    session.add(Vouch(giver_id=cast.carla.id, receiver_id=cast.bea.id, **known))
    lead = Lead(member_id=cast.dana.id, business_id=cast.dana.business_id, text="A site", created_at=now)
    lead.needs = [Need(capability_id=node.id, share=1.0, matched_by=MatchedBy.PERSON)]
    firms = {"prime_id": cast.nia.business_id, "sub_id": cast.bea.business_id}
    work = Collaboration(title="Site", created_at=now, finished_at=now, **firms)
    session.add_all([lead, work])
    session.flush()
    session.execute(collaboration_capability.insert().values(collaboration_id=work.id, capability_id=node.id))
    return node


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row that names a capability, without what an act writes down about itself and what follows from rows."""
    session.flush()
    tables = ("capability", "claim", "vouch", "need", "collaboration_capability")
    rows = {}
    for name in tables:
        table = Base.metadata.tables[name]
        kept = [
            column
            for column in table.columns
            if column.name not in ("vector",) and (name, column.name) != ("claim", "id")
        ]
        rows[name] = sorted((tuple(row) for row in session.execute(select(*kept))), key=repr)
    return rows


def claims(session: Session) -> set[tuple[str, str]]:
    rows = select(Business.name, Capability.name).join(Claim, Claim.business_id == Business.id).join(Claim.capability)
    return {(firm, name) for firm, name in session.execute(rows)}


def joined(cast: Cast, word: Capability, session: Session, now: datetime) -> OwnWordChange:
    return own_word.join(session, chapter=cast.chapter, word=word, target=cast.wordpress, by=cast.nia, now=now)


def test_everything_follows_a_joined_word(session: Session, cast: Cast, word: Capability, now: datetime) -> None:
    version = world_version(session)
    joined(cast, word, session, now)
    assert claims(session) == {("Bramble & Co", "WordPress"), ("Northlight Studio", "WordPress")}
    for column in (Vouch.capability_id, Need.capability_id, collaboration_capability.c.capability_id):
        assert list(session.scalars(select(column))) == [cast.wordpress.id]
    assert "Wordpress sites" in cast.wordpress.synonyms
    assert word.hidden_at == now
    assert "wordpress sites" in cast.nia.business.search_text
    assert world_version(session) != version


@pytest.mark.parametrize("act", list(OwnWordAct))
def test_every_act_is_undone_without_a_trace(
    session: Session, cast: Cast, word: Capability, now: datetime, act: OwnWordAct
) -> None:
    before = everything(session)
    who = {"chapter": cast.chapter, "word": word, "by": cast.nia, "now": now}
    changed = {
        OwnWordAct.KEEP: lambda: own_word.keep(session, **who),
        OwnWordAct.RENAME: lambda: own_word.rename(session, **who, name="Site rescue"),
        OwnWordAct.MOVE: lambda: own_word.move(session, **who, parent=cast.development),
        OwnWordAct.JOIN: lambda: own_word.join(session, **who, target=cast.wordpress),
        OwnWordAct.HIDE: lambda: own_word.hide(session, **who),
    }[act]()
    assert (everything(session) == before) is (act is OwnWordAct.KEEP)
    assert [change.act for change in standing_changes(session, chapter=cast.chapter)] == [act]
    own_word.undo(session, change=changed, by=cast.nia, now=now)
    assert everything(session) == before
    assert not standing_changes(session, chapter=cast.chapter)
    with pytest.raises(Conflict):
        own_word.undo(session, change=changed, by=cast.nia, now=now)


def test_what_was_built_on_is_undone_last(session: Session, cast: Cast, word: Capability, now: datetime) -> None:
    moved = own_word.move(session, chapter=cast.chapter, word=word, parent=None, by=cast.nia, now=now)
    assert (word.parent_id, word.kind) == (None, CapabilityKind.CATEGORY)
    join = joined(cast, word, session, now)
    with pytest.raises(Conflict):
        own_word.undo(session, change=moved, by=cast.nia, now=now)
    for change in (join, moved):
        own_word.undo(session, change=change, by=cast.nia, now=now)
    assert word.parent is cast.web


def test_a_claim_withdrawn_since_does_not_come_back(
    session: Session, cast: Cast, word: Capability, now: datetime
) -> None:
    join = joined(cast, word, session, now)
    for row in session.scalars(select(Claim).where(Claim.business_id == cast.bea.business_id)):
        session.delete(row)
    session.flush()
    own_word.undo(session, change=join, by=cast.nia, now=now)
    assert claims(session) == {("Northlight Studio", "Wordpress sites")}


def test_a_wrong_target_place_or_name_is_refused(session: Session, cast: Cast, word: Capability, now: datetime) -> None:
    who = {"chapter": cast.chapter, "word": word, "by": cast.nia, "now": now}
    foreign = Capability(scheme="naics", code="1", name="Sites", kind=CapabilityKind.SERVICE)
    session.add(foreign)
    session.flush()
    for target in (word, foreign):
        with pytest.raises(Invalid):
            own_word.join(session, **who, target=target)
    for parent in (word, foreign, cast.wordpress):
        with pytest.raises(Invalid):
            own_word.move(session, **who, parent=parent)
    with pytest.raises(Conflict):
        own_word.rename(session, **who, name="wordpress")


def test_a_lead_sees_the_words_of_the_chapter_and_of_no_chapter(
    session: Session, cast: Cast, word: Capability, now: datetime
) -> None:
    other = Chapter(key="other", name="Other")
    session.add(other)
    session.flush()
    assert [(row.name, len(firms)) for row, firms in own_words(session, chapter=cast.chapter)] == [
        ("Wordpress sites", 2)
    ]
    assert own_words(session, chapter=other) == []
    for firm in (cast.bea.business, cast.nia.business):
        firm.chapter_id = None
    session.flush()
    assert len(own_words(session, chapter=other)) == 1
