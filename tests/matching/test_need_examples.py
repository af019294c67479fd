"""Examples of needs: like clauses are read as people said, one vote each, and nothing else changes."""

import numpy as np

from matching.need_examples import NeedExamples, corrected_phrase
from matching.need_extraction import extract_needs
from matching.taxonomy_words import TaxonomyIndex


def examples(lexicon: TaxonomyIndex, *said: tuple[str, str, bool, int]) -> NeedExamples:
    return NeedExamples(
        phrases=tuple(phrase for phrase, *_ in said),
        nodes=np.array([lexicon.taxonomy.names.index(name) for _, name, *_ in said], dtype=np.int64),
        asks=np.array([asks for *_, asks, _ in said], dtype=np.bool_),
        people=np.array([person for *_, person in said], dtype=np.int64),
        vectors=np.zeros((0, 0), dtype=np.float32),
    )


def needs(lexicon: TaxonomyIndex, text: str, *said: tuple[str, str, bool, int]) -> set[str]:
    reading = extract_needs(text, lexicon, examples=examples(lexicon, *said))
    return {lexicon.taxonomy.names[guess.capability] for guess in reading.needs}


RAIN = ("for a rainmaker", "Sales training", True, 1)


def test_like_clauses_are_read_as_people_said(curated: TaxonomyIndex) -> None:
    assert "Sales training" not in needs(curated, "A winery needs rainmakers, and a plumber")
    assert needs(curated, "A winery needs rainmakers, and a plumber", RAIN) == {"Sales training", "Plumbing"}
    assert "Sales training" not in needs(curated, "A winery does not need rainmakers but a plumber", RAIN)
    assert needs(curated, "A winery needs a plumber", RAIN) == {"Plumbing"}


def test_each_person_has_one_vote(curated: TaxonomyIndex) -> None:
    against = [("the rainmaker", "Sales training", False, person) for person in (2, 3)]
    text = "A winery needs rainmakers"
    assert "Sales training" not in needs(curated, text, RAIN, *against)
    assert "Sales training" not in needs(curated, text, RAIN, against[0])  # undecided
    assert "Sales training" in needs(curated, text, RAIN, against[0], ("a rainmaker", "Sales training", True, 4))
    assert "Sales training" in needs(curated, text, RAIN, ("a rainmaker", "Sales training", False, 1))  # the latest


def test_a_refused_need_is_no_need_in_like_clauses_only(curated: TaxonomyIndex) -> None:
    never = ("a logo for the truck", "Logo design", False, 1)
    assert "Logo design" not in needs(curated, "We want a logo on our truck", never)
    assert "Logo design" in needs(curated, "We want a logo", never)


def test_the_phrase_of_a_correction_is_the_clause_that_speaks_of_it(curated: TaxonomyIndex) -> None:
    node = curated.taxonomy.names.index
    found = corrected_phrase(
        "A bakery wants a logo, and somebody for the monthly books.",
        node("Bookkeeping"),
        curated,
        encode=None,
        beside=[node("Logo design")],
        is_need=True,
    )
    assert found.startswith("and somebody for the monthly books")
    beyond = corrected_phrase(
        "A bakery wants a logo.",
        node("Payroll"),
        curated,
        encode=None,
        beside=[node("Logo design")],
        is_need=True,
    )
    assert beyond == ""
