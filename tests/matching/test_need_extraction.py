"""Needs of a client's text, and nearness. ``texts.tsv`` was used for tuning; ``benchmarks.leads`` has other texts."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.engine.need_reader import load_need_reader
from matching.inputs import Need, Taxonomy, Vectors
from matching.need_extraction import Guess, Reading, extract_needs, nearness
from matching.taxonomy_words import TaxonomyIndex

LINES = Path(__file__).with_name("texts.tsv").read_text(encoding="utf-8").splitlines()
TEXTS = list(csv.DictReader(LINES, delimiter="\t"))

NODES = (  # scheme, name, synonyms, parent
    ("goodword", "Web", "", -1),
    ("goodword", "Web design", "website redesign", 0),
    ("goodword", "Web development", "new website;web developer", 0),
    ("goodword", "WordPress", "wp;wordpress site", 2),
    ("goodword", "Drupal", "", 2),
    ("goodword", "WordPress care", "plugin updates", 0),
    ("goodword", "Design", "", -1),
    ("goodword", "Logo design", "logo", 6),
    ("goodword", "Office leasing", "office space", 6),
    ("goodword", "Interior design", "space planning", 6),
    ("goodword", "Flooring", "new floors", 6),
    ("goodword", "Realtors", "realtor", 6),
    ("goodword", "Electrical work", "electrician", 6),
    ("naics", "Construction", "", -1),
    ("naics", "Roofing Contractors", "", 13),
    ("naics", "wordpress", "", 13),
)


def taxonomy(vectors: Vectors | None = None) -> Taxonomy:
    return Taxonomy(
        ids=np.arange(len(NODES)),
        schemes=tuple(scheme for scheme, *_ in NODES),
        names=tuple(name for _, name, _, _ in NODES),
        synonyms=tuple(tuple(words.split(";")) if words else () for _, _, words, _ in NODES),
        parents=np.array([parent for *_, parent in NODES]),
        vectors=np.zeros((len(NODES), 0), dtype=np.float32) if vectors is None else vectors,
    )


LEXICON = TaxonomyIndex(taxonomy())


def names_of(lexicon: TaxonomyIndex, guesses: Iterable[Guess]) -> list[str]:
    return [lexicon.taxonomy.names[guess.capability] for guess in guesses]


@pytest.mark.parametrize(
    ("text", "needs", "negated"),
    [
        ("We need a plumber for the second bathroom", ["Plumbing"], []),
        ("the wordpress sites of two clients", ["WordPress"], []),
        ("Word\u200bPress\u202e, ｌｏｇｏ", ["WordPress", "Logo design"], []),
        ("office space planning", ["Interior design"], []),  # the head of an English name is its last word
        ("We need an electrican for the new lights", ["Electrical work"], []),
        ("a reactor on the second floor", [], []),  # neither a realtor nor flooring
        ("Not WordPress but Drupal", ["Drupal"], ["WordPress"]),
        ("We want Drupal instead of WordPress or a new logo", ["Drupal"], ["WordPress", "Logo design"]),
        ("No new website. WordPress!", [], ["Web development"]),  # nor what is below it
        ("We are a logo firm and need WordPress", ["WordPress"], []),
        ("a wrap for the truck and a bookkeeper", ["Vehicle wraps", "Bookkeeping"], []),
        ("", [], []),
        ("\x00\ud800 🦄 \ue000\ue000", [], []),
    ],
)
def test_names_and_synonyms_are_found_and_negations_respected(
    curated: TaxonomyIndex, text: str, needs: list[str], negated: list[str]
) -> None:
    reading = extract_needs(text, curated)
    assert (names_of(curated, reading.needs), names_of(curated, reading.negated)) == (needs, negated)


def test_what_is_not_sure_is_offered(curated: TaxonomyIndex) -> None:
    reading = extract_needs("We need a plumber, and perhaps somebody for the floors", curated)
    assert names_of(curated, reading.needs)[:1] == ["Plumbing"]
    assert "Flooring" in names_of(curated, reading.likely)
    assert {guess.capability for guess in reading.needs}.isdisjoint(guess.capability for guess in reading.likely)


def test_another_scheme_speaks_where_ours_is_silent() -> None:
    needs = [NODES[guess.capability][1] for guess in extract_needs("roofing contractors", LEXICON).needs]
    assert needs == ["Roofing Contractors"]


def test_an_optional_need_is_no_must(curated: TaxonomyIndex) -> None:
    reading = extract_needs("We need an electrician. Some interior design would be nice.", curated)
    assert [(guess.must, guess.phrase) for guess in reading.needs] == [
        (True, "electrician"),
        (False, "interior design"),
    ]


def test_the_place_is_read() -> None:
    places = ["AZ", "Mesa", "Tucson"]
    reading = extract_needs("A logo for a firm near tucson, AZ. We can spend $10-15k.", LEXICON, places=places)
    assert reading.place == "Tucson"
    assert extract_needs("We stand on a mesa of 20k acres, or so", LEXICON, places=places).place is None


@given(st.lists(st.sampled_from(("not", "no", "and", "or", ",", ".", "we left", "need", "maybe", "wp", "logo", "web"))))
@settings(max_examples=200)
def test_needs_exclude_negated_nodes_and_descendants(words: list[str]) -> None:
    reading = extract_needs(" ".join(words), LEXICON)
    refused = {guess.capability for guess in reading.negated}
    for guess in (*reading.needs, *reading.likely):
        assert guess.capability not in refused
        assert not refused & {above for above in LEXICON.lineage(guess.capability) if LEXICON.root(above) != above}


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert isinstance(extract_needs(text, LEXICON, places=["Mesa"]), Reading)


@pytest.mark.parametrize(
    "text", ["not " * 25_000, "logo, " * 17_000, "9" * 100_000, "(" * 100_000, "wordpres " * 11_000]
)
def test_a_text_of_100_kilobytes_takes_less_than_two_seconds(text: str) -> None:
    started = process_time()
    extract_needs(text, LEXICON)
    assert process_time() - started < 2


def test_an_empty_taxonomy_gives_no_needs() -> None:
    nothing = Taxonomy(np.arange(0), (), (), (), np.arange(0), np.zeros((0, 384), dtype=np.float32))
    assert extract_needs("WordPress", TaxonomyIndex(nothing)).needs == ()


@pytest.fixture(scope="module")
def understood(curated: TaxonomyIndex) -> Callable[[str], tuple[set[str], set[str]]]:
    """Return a function from a text to the names of its needs and of its negated nodes, with taxonomy and model."""
    reader, lexicon = load_need_reader(), curated
    assert reader is not None

    def names(text: str) -> tuple[set[str], set[str]]:
        reading = extract_needs(text, lexicon, hear=reader.hear)
        needs, negated = (
            {lexicon.taxonomy.names[g.capability] for g in some} for some in (reading.needs, reading.negated)
        )
        return needs, negated

    return names


def test_of_negated_capabilities_few_become_needs(
    understood: Callable[[str], tuple[set[str], set[str]]],
) -> None:
    read = [(row, understood(row["text"])[0]) for row in TEXTS if row["kind"] == "negated"]
    assert np.mean([bool(needs & {*row["not_want"].split("|")}) for row, needs in read]) <= 0.06
    assert np.mean([bool(needs & {*row["want"].split("|")}) for row, needs in read]) >= 0.85


def test_meaning_finds_half_of_the_paraphrased_asks_and_few_unanswerable_ones(
    understood: Callable[[str], tuple[set[str], set[str]]],
) -> None:
    plain = [bool(understood(row["text"])[0] & {*row["want"].split("|")}) for row in TEXTS if row["kind"] == "plain"]
    silent = [not understood(row["text"])[0] for row in TEXTS if row["kind"] == "unanswerable"]
    assert np.mean(plain) >= 0.55
    assert np.mean(silent) >= 0.85


def test_every_curated_capability_that_can_be_guessed_is_heard(curated: TaxonomyIndex) -> None:
    unheard = [curated.taxonomy.names[node] for node in curated.guessed if curated.taxonomy.heard[node] < 0]
    assert unheard == [], "run benchmarks.need_reader anew after a change of the taxonomy"


def test_nearness_is_one_for_the_node_less_for_relatives_and_zero_for_siblings() -> None:
    need = [Need(2, True, 1.0), Need(3, True, 1.0)]
    development, wordpress = nearness(taxonomy(), need)
    assert (development[2], development[3], development[0], development[1]) == (1.0, 0.9, 0.4, 0.0)
    assert (wordpress[3], wordpress[2], wordpress[4]) == (1.0, 0.4, 0.0)
    assert wordpress[0] == pytest.approx(0.16)
    assert wordpress[15] == 0.8, "the same name in another scheme"


def test_nearness_across_schemes_is_by_meaning_only() -> None:
    vectors = np.zeros((len(NODES), 2), dtype=np.float32)
    vectors[[3, 4, 14]] = [[1, 0], [1, 0], [0.75, 0.6614378]]
    near = nearness(taxonomy(vectors), [Need(3, True, 1.0), Need(14, True, 1.0)])
    assert near[0, 14] == near[1, 3] == pytest.approx(0.6)
    assert near[0, 4] == 0, "a Drupal firm is no WordPress firm"
    assert near.max() == 1
    assert near.min() == 0


@pytest.mark.slow
def test_nearness_of_16500_nodes_takes_less_than_40_ms() -> None:
    size, draw = 16_500, np.random.default_rng(0)
    vectors = draw.normal(size=(size, 384)).astype(np.float32)
    many = Taxonomy(
        ids=np.arange(size),
        schemes=("goodword",) * 500 + ("esco",) * (size - 500),
        names=tuple(f"node {number}" for number in range(size)),
        synonyms=((),) * size,
        parents=np.maximum(np.arange(size) // 3 - 1, -1),
        vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
    )
    needs = [Need(number, True, 1 / 6) for number in range(6)]
    seconds = []
    for _ in range(5):
        started = process_time()
        nearness(many, needs)
        seconds.append(process_time() - started)
    assert min(seconds) < 0.04  # 6 ms on an idle core


@pytest.mark.parametrize(
    "text",
    [
        "WordPress or " * 300,
        "WordPress and WordPress, " * 160,
        "not WordPress or the the the " * 130,
        "WordPress is already all done, " * 120,
        "no " * 1300 + "WordPress",
        "%20" * 1300,
        "$1," * 1300,
        "a.\n" * 1300,
    ],
)
def test_a_hostile_text_does_not_cause_backtracking(text: str) -> None:
    """Each of these texts once took seconds, or would never have finished."""
    assert len(extract_needs(text, TaxonomyIndex(taxonomy())).needs) <= 6
