from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.people.cast import Cast, make_cast


@pytest.fixture
def cast(session: Session, now: datetime) -> Cast:
    return make_cast(session, now)
