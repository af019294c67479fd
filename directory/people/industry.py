"""Industries: the kinds of clients that a firm serves, by key and label, in the order of the labels."""

from collections.abc import Collection

from directory.errors import Invalid
from directory.translation import gettext as _

INDUSTRIES: tuple[tuple[str, str], ...] = (
    ("arts", "Arts and museums"),
    ("finance", "Banking and insurance"),
    ("building", "Building and trades"),
    ("nonprofit", "Charities and associations"),
    ("health", "Clinics and health"),
    ("energy", "Energy and mining"),
    ("agriculture", "Farming and ranching"),
    ("government", "Government"),
    ("hospitality", "Hotels and travel"),
    ("legal", "Law and accounting"),
    ("manufacturing", "Manufacturing"),
    ("property", "Real estate"),
    ("food", "Restaurants and food"),
    ("education", "Schools and education"),
    ("services", "Services to firms"),
    ("retail", "Shops and online shops"),
    ("technology", "Software and technology"),
    ("logistics", "Transport and logistics"),
)
LABELS = dict(INDUSTRIES)


def clean_industries(keys: Collection[str]) -> list[str]:
    """Return the keys in the order of the alphabet. Raises Invalid if one is not in it."""
    if not set(keys) <= LABELS.keys():
        raise Invalid(_("Choose industries from the list."), field="industries")
    return sorted({*keys})
