"""Kept with answers: revision c41d90be27a5, after a6f5dea5151d."""

import sqlalchemy as sa
from alembic import op

revision = "c41d90be27a5"
down_revision = "a6f5dea5151d"


def upgrade() -> None:
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("similar", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("offered", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.drop_column("offered")
        batch_op.drop_column("similar")
