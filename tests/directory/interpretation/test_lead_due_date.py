"""Due dates in a lead's text, relative to a Monday. ``due_dates.tsv``: "-" is no date, "?" a question."""

import csv
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from directory.interpretation.lead_due_date import read_due_date

MONDAY = date(2026, 11, 30)
with Path(__file__).with_name("due_dates.tsv").open() as lines:
    CASES = [tuple(row.values()) for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]
PIECES = [
    "by ",
    "March ",
    "next ",
    "Tuesday ",
    "3/4 ",
    "before ",
    "in two weeks ",
    "the end of ",
    "Q2 ",
    "2027 ",
    "or ",
]


@pytest.mark.parametrize(("text", "country", "due"), CASES)
def test_the_day_is_read_or_asked_about(text: str, country: str, due: str) -> None:
    reading = read_due_date(text, today=MONDAY, country=country)
    assert (reading.question != "") == (due == "?")
    assert reading.value == (None if due in ("-", "?") else date.fromisoformat(due))


def test_a_question_offers_both_days() -> None:
    reading = read_due_date("Done by 3/4.", today=MONDAY, country="")
    assert reading.question == "Do you mean Mar 4, 2027 or Apr 3, 2027?"
    assert reading.choices == (date(2027, 3, 4), date(2027, 4, 3))


@given(some.dates(date(2024, 1, 1), date(2040, 1, 1)), some.dates(date(2024, 1, 1), date(2040, 1, 1)))
@settings(max_examples=200)
def test_a_day_is_read_however_it_is_written_unless_it_is_over(today: date, day: date) -> None:
    for form in ("by %Y-%m-%d", "by %B %d, %Y", "by the %d of %B %Y", "by %d.%m.%Y", "on %m/%d/%Y"):
        reading = read_due_date(day.strftime(form), today=today, country="US")
        assert reading.value == (day if day >= today else None), form


@given(some.dates(date(2024, 1, 1), date(2040, 1, 1)), some.lists(some.sampled_from(PIECES)).map("".join) | some.text())
def test_no_day_that_is_over_is_due(today: date, text: str) -> None:
    reading = read_due_date(text, today=today, country="US")
    assert reading.value is None or (reading.value >= today and not reading.question)


@pytest.mark.parametrize(
    "piece", ["by ", "1/1 ", "May ", "in 1 day ", "the end of ", "next week ", "1.", "before we ", "one "]
)
def test_a_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = (piece * 4000)[:4000]
    began = time.perf_counter()
    read_due_date(text, today=MONDAY, country="US")
    assert time.perf_counter() - began < 0.5  # 0.03 s on an idle core
