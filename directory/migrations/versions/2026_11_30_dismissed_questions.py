"""Dismissed questions of leads: revision 08641145bc08, after bf8f2c651dff."""

import sqlalchemy as sa
from alembic import op

revision = "08641145bc08"
down_revision = "bf8f2c651dff"


def upgrade() -> None:
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left_open", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.drop_column("left_open")
