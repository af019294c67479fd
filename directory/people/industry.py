"""Industries: the kinds of clients that a firm serves, by key and label."""

from collections.abc import Collection

from directory.errors import Invalid
from directory.translation import gettext as _

INDUSTRIES: tuple[tuple[str, str], ...] = (
    ("agriculture", "Farming and ranching"),
    ("arts", "Arts and museums"),
    ("building", "Building and trades"),
    ("education", "Schools and education"),
    ("energy", "Energy and mining"),
    ("finance", "Banking and insurance"),
    ("food", "Restaurants and food"),
    ("government", "Government"),
    ("health", "Clinics and health"),
    ("hospitality", "Hotels and travel"),
    ("legal", "Law and accounting"),
    ("logistics", "Transport and logistics"),
    ("manufacturing", "Manufacturing"),
    ("nonprofit", "Charities and associations"),
    ("property", "Real estate"),
    ("retail", "Shops and online shops"),
    ("services", "Services to firms"),
    ("technology", "Software and technology"),
)
LABELS = dict(INDUSTRIES)


def clean_industries(keys: Collection[str]) -> list[str]:
    """Return the keys in the order of INDUSTRIES. Raises Invalid if one is not in it."""
    if not set(keys) <= LABELS.keys():
        raise Invalid(_("Choose industries from the list."), field="industries")
    return [key for key, _label in INDUSTRIES if key in keys]
