"""The curated taxonomy as the engine reads it."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from directory.db import connect
from directory.engine.world_cache import known_world
from matching.taxonomy_words import TaxonomyIndex


@pytest.fixture(scope="module")
def curated(demo_database: Path) -> TaxonomyIndex:
    engine = connect(f"sqlite:///{demo_database}")
    with Session(engine) as session:
        lexicon = known_world(session).lexicon
    engine.dispose()
    return lexicon
