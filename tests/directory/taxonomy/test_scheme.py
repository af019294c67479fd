"""Importing a scheme of capabilities from a file, for the first time and again."""

import csv
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.db import world_version
from directory.engine.capability_embeddings import embed_missing
from directory.engine.sentence_encoder import load_model
from directory.engine.world_cache import known_world
from directory.errors import Invalid
from directory.imports.report import Report
from directory.imports.taxonomy_scheme import CURATED_FILE, import_scheme
from directory.people.own_word import join
from directory.taxonomy.capability import CURATED, OWN, Capability, CapabilityKind, Mark, without_shares
from tests.cast import Cast

NAICS = "code,title\n31-33,Manufacturing\n32,Other making\n3231,Printing\n323111,Commercial Printing\n"


def imported(session: Session, now: datetime, text: str, scheme: str = "naics") -> Report:
    return import_scheme(session, path=text.encode(), scheme=scheme, now=now)


def node(session: Session, code: str) -> Capability:
    return session.scalars(select(Capability).where(Capability.code == code)).one()


def test_the_curated_scheme_has_its_levels_and_synonyms(session: Session, now: datetime) -> None:
    report = import_scheme(session, path=CURATED_FILE, scheme=CURATED, now=now)
    wordpress = node(session, "web.development.wordpress")
    assert report.added > 400
    assert (wordpress.name, wordpress.kind, wordpress.synonyms[0]) == ("WordPress", CapabilityKind.PLATFORM, "wp")
    assert wordpress.parent is not None
    assert wordpress.parent.name == "Web development"
    assert node(session, "web").parent is None


def test_shares_are_barred_below_a_marked_node_and_for_own_words_placed_there(session: Session, now: datetime) -> None:
    imported(
        session,
        now,
        "code,name,marks\nlaw,Law,no share\nlaw.family,Family law,\nweb,Web,\nweb.wp,WordPress,\n",
        CURATED,
    )
    own = [
        Capability(
            scheme=OWN, code=code, name=code, kind=CapabilityKind.PLATFORM, origin="", parent=node(session, parent)
        )
        for code, parent in (("Divorce", "law.family"), ("Blocks", "web.wp"))
    ]
    session.add_all(own)
    session.flush()
    everything = {row.id: row.code for row in session.scalars(select(Capability))}
    barred = without_shares(session, everything)
    assert {everything[id] for id in barred} == {"law", "law.family", "Divorce"}
    assert without_shares(session, []) == set()
    known = known_world(session)
    trade = {code: int(known.world.taxonomy.trades[known.capability[id]]) for id, code in everything.items()}
    assert {code for code, its in trade.items() if its < 0} == {"law", "law.family", "Divorce"}
    assert trade["web"] == trade["web.wp"] == trade["Blocks"]


def test_the_services_of_a_category_of_trades_are_trades_of_their_own(session: Session, now: datetime) -> None:
    imported(session, now, "code,name,marks\nb,Building,trades\nb.p,Plumbing,\nb.p.d,Drains,\nb.r,Roofing,\n", CURATED)
    known = known_world(session)
    trade = {
        code: int(known.world.taxonomy.trades[known.capability[node(session, code).id]])
        for code in ("b", "b.p", "b.p.d", "b.r")
    }
    assert trade["b.p"] == trade["b.p.d"]
    assert len({trade["b"], trade["b.p"], trade["b.r"]}) == 3


@pytest.mark.parametrize(
    "code",
    [
        "legal.family",
        "property.title",
        "finance.mortgages.commercial",
        "health.dental",
        "insurance.life",
        "finance.planning",
    ],
)
def test_law_settlement_medicine_insurance_and_securities_are_marked(code: str) -> None:
    with CURATED_FILE.open(encoding="utf-8", newline="") as file:
        marked = {row["code"] for row in csv.DictReader(file) if Mark.NO_SHARE in row["marks"].split(";")}
    assert any(code == mark or code.startswith(f"{mark}.") for mark in marked)
    assert not any("web.development.wordpress".startswith(mark) for mark in marked)


def test_words_joined_with_a_node_stay_its_names(session: Session, cast: Cast, now: datetime) -> None:
    word = Capability(scheme=OWN, code="b", name="Beekeeping", kind=CapabilityKind.CATEGORY, origin="", synonyms=[])
    session.add(word)
    session.flush()
    join(session, chapter=cast.chapter, word=word, target=cast.web, by=cast.nia, now=now)
    imported(session, now, "code,name,synonyms\nweb,Web,online\n", CURATED)
    assert cast.web.synonyms == ["online", "Beekeeping"]


def test_no_file_takes_the_place_of_the_networks_own_words(session: Session, now: datetime) -> None:
    with pytest.raises(Invalid):
        imported(session, now, NAICS, OWN)


def test_importing_again_changes_nothing_unless_the_file_changed(session: Session, now: datetime) -> None:
    assert imported(session, now, NAICS) == Report(rows=4, added=4)
    version, id = world_version(session), node(session, "3231").id
    assert imported(session, now, NAICS) == Report(rows=4, same=4)
    assert world_version(session) == version
    assert imported(session, now, "code,title\n3231,Print shops\n33,Metal\n") == Report(rows=2, added=1, updated=1)
    assert (node(session, "3231").id, node(session, "3231").name) == (id, "Print shops")
    assert node(session, "323111").parent_id == id, "what the file leaves out stays"
    assert world_version(session) != version


def test_a_code_s_parent_is_its_longest_known_prefix(session: Session, now: datetime) -> None:
    imported(session, now, NAICS + "111,Farming\n3391,Medical things\n")
    above = {code: node(session, code).parent for code in ("323111", "3231", "3391", "111", "31-33")}
    assert {code: parent and parent.code for code, parent in above.items()} == {
        "323111": "3231",
        "3231": "32",
        "3391": "31-33",
        "111": None,
        "31-33": None,
    }
    assert node(session, "323111").kind is CapabilityKind.PLATFORM


def test_a_url_code_has_no_parent_and_the_description_gives_the_name(session: Session, now: datetime) -> None:
    text = (
        "id,description\nhttp://x/1,sew cloth sewing cloth sew a cloth Join cloth by\u200b thread.\nhttp://x/12,weld\n"
    )
    imported(session, now, text, "esco")
    assert (node(session, "http://x/1").name, node(session, "http://x/12").parent) == ("sew cloth", None)
    assert "sewing cloth" in node(session, "http://x/1").synonyms[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,name\na,A\na,B\n", "row 3, code: “a” is there twice."),
        ("code,name\na,\n", "row 2, name: Enter a name."),
        ("code,name,parent\na,A,b\n", "row 2, parent: There is no “b” in the scheme."),
        ("code,name,parent\na,A,b\nb,B,a\n", "row 2, parent: It is its own ancestor."),
        ("code,name,marks\na,A,no share;free\n", "row 2, marks: There is no mark “free”."),
        ("title\nA\n", "column “code”"),
    ],
)
def test_an_invalid_scheme_is_refused_completely_and_the_row_named(
    session: Session, now: datetime, text: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        imported(session, now, text)
    assert session.scalars(select(Capability)).all() == []


def test_nodes_without_an_embedding_get_one_and_changed_nodes_a_new_one(session: Session, now: datetime) -> None:
    model = load_model()
    assert model is not None
    imported(session, now, NAICS)
    assert [embed_missing(session, model, limit=3, now=now) for _ in range(3)] == [3, 1, 0]
    vector = np.frombuffer(node(session, "3231").vector or b"", dtype=np.float16).astype(np.float32)
    assert vector.shape == (384,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
    imported(session, now, NAICS.replace("Printing\n323111", "Print shops\n323111"))
    assert embed_missing(session, model, limit=9, now=now) == 1


@pytest.mark.slow
def test_the_public_schemes_are_imported(session: Session, now: datetime, real_data: Path) -> None:
    for scheme, name in (("naics", "naics_2022.csv"), ("esco", "esco_skills.csv.gz")):
        report = import_scheme(session, path=real_data / "taxonomy" / name, scheme=scheme, now=now)
        assert report.added == report.rows > 2000
    assert node(session, "484110").name == "General Freight Trucking, Local"
