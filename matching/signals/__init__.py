"""The signals that score a firm in a seat, one module each.

Law: a signal reads SeatCandidates and nothing else, and never lowers a score.
"""

from matching.signals.budget import BUDGET
from matching.signals.capacity import CAPACITY
from matching.signals.competence import COMPETENCE
from matching.signals.fit import FIT
from matching.signals.freshness import FRESHNESS
from matching.signals.place import PLACE
from matching.signals.reciprocity import RECIPROCITY
from matching.signals.statement import STATEMENT
from matching.signals.trust import TRUST

SIGNALS = (FIT, TRUST, COMPETENCE, PLACE, BUDGET, CAPACITY, FRESHNESS, RECIPROCITY, STATEMENT)
WEIGHTS_VERSION = "2026-11b"  # stored with each suggestion; tests/matching/test_signals.py lists every version
