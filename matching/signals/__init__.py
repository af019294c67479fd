"""What speaks for a firm in a seat, one file each. Law: a signal reads Seatings and nothing else, and only adds."""

from matching.signals.budget import BUDGET
from matching.signals.capacity import CAPACITY
from matching.signals.competence import COMPETENCE
from matching.signals.fit import FIT
from matching.signals.freshness import FRESHNESS
from matching.signals.place import PLACE
from matching.signals.reciprocity import RECIPROCITY
from matching.signals.trust import TRUST

SIGNALS = (FIT, TRUST, COMPETENCE, PLACE, BUDGET, CAPACITY, FRESHNESS, RECIPROCITY)
WEIGHTS_VERSION = "2026-11"  # which weights a suggestion was scored with; tests/matching/test_signals.py knows them all
