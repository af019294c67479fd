"""The content policy: errors say what to do instead, remarks only advise."""

from time import perf_counter

import pytest

from directory.content_policy import check_policy

REFUSED = [
    ("Meet \u202eolrac\u202c", "hidden characters"),
    ("\u200eMeet Carlo", "hidden characters"),
    ("#a #b #c #d #e #f #g", "more than 6"),
    ("Thank you @carlo", "Write the name without the @"),
    ("Write to carlo@firm.example", "email address"),
    ("Call +1 (520) 555-0142", "phone number"),
    ("Call 520.555.0142 today", "phone number"),
    ("Call 520 - 555 - 0142", "phone number"),
    ("Call 520\u2011555\u20110142", "phone number"),
    ("Call 520·555·0142", "phone number"),
    ("520.555.0142x12", "phone number"),
    ("Ring ５２０ ５５５ ０１４２", "phone number"),
    ("5 2 0 5 5 5 0 1 4 2", "phone number"),
    ("1-800-FLOWERS", "phone number"),
    ("+44 20 7946 0958", "phone number"),
    ("carlo＠firm.example", "email address"),
    ("We pay 10% of the first invoice to whoever introduces us", "not for sale"),
    ("Refer a friend and you get $25", "not for sale"),
    ("There is a finder's fee", "not for sale"),
    ("We give $50 for each referral", "not for sale"),
    ("A bonus for all your referrals", "not for sale"),
    ("Send us a client and get 10% back", "not for sale"),
    ("Refer a friend, earn a free month", "not for sale"),
    ("Write to ana (at) firm.example", "email address"),
    ("Write to ana[at]firm[dot]example", "email address"),
    ("Write to ana AT firm DOT example", "email address"),
    ("Refer us and pocket $50", "not for sale"),
    ("Send a friend, and we'll buy you dinner and give you $25", "not for sale"),
    ("We reward every referral with a free cleaning", "not for sale"),
    ("Introduce me to a builder and the first month is on me", "not for sale"),
]
FINE = [
    "Carlo of Prieto Law, since 1998: 12 people, 2,400 cases. 5 % of 10,000 firms know him.",
    "A commission of 12 portraits",
    "A C# developer for our booking system; the # 1 roofer in town",
    "Tax years 2023-2024-2025, NAICS 541511 541512, ISO 9001/14001, revenue $1,250,000 - 2,500,000",
    "Owners who paid for leads that never called, and now pay $50 per lead",
    "We earn trust: 90% of clients come back and recommend us. No referral fee, ever.",
    "I give 2 hours of free advice to anyone you introduce",
    "An 800-square-foot office",
    "The lead time is 10 days and we pay $3,000 up front",
    "We recommend Ana and get 20% more calls",
    "Plumbers (24/7) in Mesa, AZ; the CEO of IBM or of AT&T",
    "Open 2024-2026, founded in 1999",
    "#referralwednesday #oldpueblo #mesa",
    "Ask for a referral; that is what it is for.",
    "We meet at noon; the polka dot shop is next door",
    "Introduce me to a builder: lunch is on me",
    "RSVP by 12/15, 6:30-8:30 PM; EPA 745, part no. 4410-220-18, exit 340-B",
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_a_text_against_the_policy_is_refused_with_a_reason(text: str, sentence: str) -> None:
    (remark,) = check_policy(text, country="US")
    assert remark.is_error
    assert sentence in remark.sentence


@pytest.mark.parametrize("text", FINE)
def test_ordinary_texts_pass_without_remarks(text: str) -> None:
    assert check_policy(text, country="US") == []


def test_a_number_is_one_of_its_own_country() -> None:
    assert check_policy("0664 123 45 67", country="AT") != check_policy("0664 123 45 67", country="US") == []


@pytest.mark.parametrize("text", ["we pay $5 ", "a.", "1 8", "-", "fee for ", "a@", "5 ", "a at b dot ", "refer a "])
def test_a_hostile_text_is_checked_without_delay(text: str) -> None:
    began = perf_counter()
    check_policy(text * (4000 // len(text)), country="US")
    assert perf_counter() - began < 2  # seconds, on a busy machine; a fifth of one on an idle one


def test_a_link_is_an_error_where_it_costs_and_was_not_chosen() -> None:
    text = "See bramble.example.com"
    (costly,), (free,) = check_policy(text, country="", link_cost="$0.20"), check_policy(text, country="")
    assert costly.is_error
    assert "$0.20" in costly.sentence
    assert not free.is_error
    assert check_policy(text, country="", link_cost="$0.20", has_link=True) == []


def test_capital_letters_are_remarked_on_and_errors_come_first() -> None:
    said = check_policy("MEET ALL OUR NEW PEOPLE NOW, @carlo", country="", is_repeated=True)
    assert [remark.is_error for remark in said] == [True, True, False]
    assert "lower case" in said[-1].sentence
