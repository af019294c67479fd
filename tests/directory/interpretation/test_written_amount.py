"""Amounts as people type them: read right or asked about, never silently wrong."""

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from directory.errors import Invalid
from directory.interpretation.written_amount import parse_amount, read_amount, written_amounts
from directory.money import Money
from directory.number_notation import currency_of, value_of_words

AMOUNTS = [
    ("Around 20k", "US", "USD", 20_000),
    ("€15.000", "US", "EUR", 15_000),
    ("€15,000", "US", "EUR", 15_000),
    ("15.000", "DE", "EUR", 15_000),
    ("15,5k", "US", "USD", 15_500),
    ("CHF 20'000", "US", "CHF", 20_000),
    ("CHF 20’000.–", "CH", "CHF", 20_000),
    ("£1.2m", "US", "GBP", 1_200_000),
    ("10,00", "US", "USD", 10),
    ("15 000", "FR", "EUR", 15_000),
    ("15\u202f000\u00a0€", "FR", "EUR", 15_000),
    ("1.234,56 €", "US", "EUR", "1234.56"),
    ("2 Mio", "CH", "CHF", 2_000_000),
    ("USD 5,000.50", "DE", "USD", "5000.50"),
    ("USD15k", "DE", "USD", 15_000),
    ("₹5 lakh", "IN", "INR", 500_000),
    ("Rs. 5,00,000", "IN", "INR", 500_000),
    ("ten thousand dollars", "US", "USD", 10_000),
    ("AU$ 500", "US", "AUD", 500),
    ("$500", "CA", "CAD", 500),
    ("up to €1.500", "US", "EUR", 1500),
    ("$2,000/month", "US", "USD", 2000),
    ("15.000,-", "NL", "EUR", 15_000),
    ("2.500.000 COP", "CO", "COP", 2_500_000),
    ("US$15.000", "CL", "USD", 15_000),
    ("$1.250 million", "US", "USD", 1_250_000),
    ("0,5 Mio", "DE", "EUR", 500_000),
    ("¥1,200", "JP", "JPY", 1200),
    ("50 kr", "SE", "SEK", 50),
    ("１５，０００", "US", "USD", 15_000),
]
QUESTIONS = [
    ("15.000", "US", "Do you mean $15,000 or $15?"),
    ("1,234", "DE", "Do you mean 1.234 € or 1,23 €?"),
    ("$1.250k", "US", "Do you mean $1,250,000 or $1,250?"),
    ("50 kr", "US", "Do you mean SEK50 or NOK50?"),
    ("$3-4k", "US", "Do you mean $3,000 or $4,000?"),
    ("between 3 and 4 thousand", "US", "Do you mean $3,000 or $4,000?"),
]


@pytest.mark.parametrize(("text", "country", "currency", "amount"), AMOUNTS)
def test_an_amount_is_read_in_its_own_notation(text: str, country: str, currency: str, amount: float | str) -> None:
    money = parse_amount(text, country=country)
    assert (money.currency, Decimal(str(amount))) == (
        currency,
        Decimal(money.minor) / (1 if currency == "JPY" else 100),
    )


@pytest.mark.parametrize(("text", "country", "question"), QUESTIONS)
def test_what_could_be_two_things_is_asked(text: str, country: str, question: str) -> None:
    reading = read_amount(text, country=country)
    assert reading.value is None
    assert reading.question.replace("\u00a0", " ") == question
    with pytest.raises(Invalid, match="Do you mean"):
        parse_amount(text, country=country, field="budget")


def test_of_a_range_the_larger_end_counts_where_that_is_meant() -> None:
    assert parse_amount("$3-4k", country="US", is_range_allowed=True) == Money(400_000, "USD")


@pytest.mark.parametrize(
    "text", ["", "plenty", "-5", "15,0000", "1.2.3", "15,000,00", "9" * 20, "12 people", "2026-01-02"]
)
def test_what_is_no_amount_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid, match="Enter an amount such as 15,000"):
        parse_amount(text, country="US")


@given(
    minor=some.integers(0, 10**13),
    country=some.sampled_from(["US", "DE", "FR", "CH", "IN", "GB", "BR", "SE", "MX", "PL", "CA", "JP", "ZA", "IL", ""]),
    currency=some.sampled_from(["USD", "EUR", "GBP", "CHF", "INR", "own"]),
)
@settings(max_examples=300)
def test_an_amount_is_read_as_it_is_spelled_back(minor: int, country: str, currency: str) -> None:
    money = Money(minor, currency_of(country) if currency == "own" else currency)
    assert parse_amount(money.spoken(country), country=country) == money


@given(some.integers(1, 999_999))
def test_number_words_are_read(number: int) -> None:
    assert value_of_words(spelled(number))[0] == number


def spelled(number: int) -> str:
    if number >= 1000:
        rest = f" {spelled(number % 1000)}" if number % 1000 else ""
        return f"{spelled(number // 1000)} thousand{rest}"
    if number >= 100:
        rest = f" and {spelled(number % 100)}" if number % 100 else ""
        return f"{spelled(number // 100)} hundred{rest}"
    small = (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen"
    )
    if number < 20:
        return small.split()[number - 1]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"][number // 10 - 2]
    return f"{tens}-{spelled(number % 10)}" if number % 10 else tens


@given(some.text(some.sampled_from(" $€£k.,'-1250thousand\n\u202f"), max_size=200))
def test_amounts_stand_in_order_and_apart(text: str) -> None:
    end = 0
    for amount in written_amounts(text, country="US"):
        assert end <= amount.start < amount.end <= len(text)
        assert all(0 <= money.minor <= 10**15 for money in amount.choices)
        end = amount.end


HOSTILE = [
    "1 111",
    "1",
    "1.1",
    "$",
    "$1-",
    "one ",
    "a couple of ",
    "half a ",
    "thousand-",
    "1 to 1 and ",
    "up to 1k, ",
    " ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = (piece * 4000)[:4000]
    began = time.perf_counter()
    list(written_amounts(text, country="US"))
    assert time.perf_counter() - began < 1  # 0.03 s on an idle core
