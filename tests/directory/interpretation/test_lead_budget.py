"""The budget in a lead's text: money is told from other numbers, and what is not sure is asked about.

``budgets.tsv`` holds a text, the country of who wrote it, and its budget: "-" for none, "?" for a question.
"""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from directory.interpretation.lead_budget import read_budget
from directory.interpretation.written_amount import parse_amount

with Path(__file__).with_name("budgets.tsv").open() as lines:
    CASES = [tuple(row.values()) for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]
PIECES = ["budget ", "$", "20k", " 15.000", ", ", "€", "up to ", "between 3 and 4 thousand", "pages", "for ", ". ", "k"]


@pytest.mark.parametrize(("text", "country", "budget"), CASES)
def test_the_budget_is_read_or_asked_about(text: str, country: str, budget: str) -> None:
    reading = read_budget(text, country=country)
    assert (reading.question != "") == (budget == "?")
    assert reading.value == (None if budget in ("-", "?") else parse_amount(budget, country="US"))


def test_a_question_offers_what_it_could_be() -> None:
    reading = read_budget("$8,000 for the logo and $20,000 for the site.", country="US")
    assert reading.question == "Do you mean $8,000 or $20,000?"
    assert [money.spoken() for money in reading.choices] == ["$8,000", "$20,000"]


@given(some.lists(some.sampled_from(PIECES)).map("".join) | some.text())
def test_any_text_has_one_budget_a_question_or_none(text: str) -> None:
    reading = read_budget(text, country="US")
    assert reading.value is None or not reading.question
    assert reading == read_budget(text, country="US")


@pytest.mark.parametrize(
    "piece", ["budget 1k, ", "20k ", "$1 ", "of ", "up to ", "1 111 ", "1-1-2027 ", "around about "]
)
def test_a_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = (piece * 4000)[:4000]
    began = time.perf_counter()
    read_budget(text, country="US")
    assert time.perf_counter() - began < 0.5  # 0.03 s on an idle core
