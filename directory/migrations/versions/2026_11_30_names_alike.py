"""When a firm took a name that is here: revision 5c1e9a70d3b4, after 2f7c0b9d4e15."""

import sqlalchemy as sa
from alembic import op

from directory.db import UtcDateTime

revision = "5c1e9a70d3b4"
down_revision = "2f7c0b9d4e15"


def upgrade() -> None:
    op.add_column("business", sa.Column("namesake_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("business", schema=None) as batch_op:
        batch_op.drop_column("namesake_at")
