"""The content policy: errors say what to do instead, remarks only advise."""

import pytest

from directory.content_policy import check_policy

REFUSED = [
    ("Meet \u202eolrac\u202c", "hidden characters"),
    ("\u200eMeet Carlo", "hidden characters"),
    ("Meet Carlo # referral wednesday", "A hashtag has no blanks"),
    ("#a #b #c #d #e #f #g", "more than 6"),
    ("Thank you @carlo", "Write the name instead"),
    ("Write to carlo@firm.example", "mail address"),
    ("Call +1 (520) 555-0142", "telephone number"),
    ("Call 520.555.0142 today", "telephone number"),
    ("There is a finder's fee", "not for sale"),
    ("We give $50 for each referral", "not for sale"),
    ("A bonus for all your referrals", "not for sale"),
]
FINE = [
    "Carlo of Prieto Law, since 1998: 12 people, 2,400 cases. 5 % of 10,000 firms know him.",
    "A commission of 12 portraits",
    "Plumbers (24/7) in Mesa, AZ; the CEO of IBM or of AT&T",
    "Open 2024-2026, founded in 1999",
    "#referralwednesday #oldpueblo #mesa",
    "Ask for a referral; that is what it is for.",
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_a_text_against_the_policy_is_refused_with_a_reason(text: str, sentence: str) -> None:
    (remark,) = check_policy(text)
    assert remark.is_error
    assert sentence in remark.sentence


@pytest.mark.parametrize("text", FINE)
def test_ordinary_texts_pass_without_remarks(text: str) -> None:
    assert check_policy(text) == []


def test_a_link_is_an_error_where_it_costs_and_was_not_chosen() -> None:
    text = "See bramble.example.com"
    (costly,), (free,) = check_policy(text, link_cost="$0.20"), check_policy(text)
    assert costly.is_error
    assert "$0.20" in costly.sentence
    assert not free.is_error
    assert check_policy(text, link_cost="$0.20", has_link=True) == []


def test_capital_letters_are_remarked_on_and_errors_come_first() -> None:
    said = check_policy("MEET ALL OUR NEW PEOPLE NOW, @carlo", is_repeated=True)
    assert [remark.is_error for remark in said] == [True, True, False]
    assert "small" in said[-1].sentence
