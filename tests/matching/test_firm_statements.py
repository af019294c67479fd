"""Statements: what owners' sentences say about each need, on the firms of the World."""

import numpy as np

from matching.firm_sentence_ranking import Sentence, SentenceIndex
from matching.firm_statements import statements
from matching.lead_passages import Passages

SAID = [
    Sentence(0, "We hang neon signs."),
    Sentence(1, "Some signs of neon are nice to look at from the other side of a street."),
    Sentence(1, "We do not hang neon signs.", is_against=True),
    Sentence(2, "We bake."),
    Sentence(3, "Who hangs neon signs", about="served"),
]
INDEX = SentenceIndex(SAID, np.zeros((len(SAID), 0), dtype=np.float16))


def test_each_firm_says_what_its_owner_says() -> None:
    owners = np.array([4, 1, 0, 3])
    asked, nobody = [Passages(("hang neon signs",)), Passages(("bake",))], np.zeros((2, 5), dtype=np.bool_)
    said = statements(INDEX, asked, None, owners=owners, same_trade=nobody)
    assert said.likeness[0, [0, 3, 4]].tolist() == [0, 1, 1]
    assert said.nearness[0, [0, 3, 4]].tolist() == [0, 0, 1]
    assert said.sentence[0].tolist() == [-1, 2, -1, 4, 0]
    assert said.is_against[0].tolist() == [False, True, False, False, False]
    assert not said.nearness[1].any()  # one word alone is no evidence
    # Whom a firm of the same trade serves may be who asks: then it counts, although it says nothing of the need itself.
    said = statements(INDEX, asked, None, owners=owners, same_trade=~nobody)
    assert said.nearness[0, [0, 3, 4]].tolist() == [0, 1, 1]
