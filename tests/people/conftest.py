from datetime import datetime

import pytest
from cast import Cast, make_cast
from sqlalchemy.orm import Session


@pytest.fixture
def cast(session: Session, now: datetime) -> Cast:
    return make_cast(session, now)
