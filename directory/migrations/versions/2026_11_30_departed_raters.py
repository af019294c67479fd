"""Raters who left since a band was frozen: revision b8d2f3e61c07, after 5c1e9a70d3b4."""

import sqlalchemy as sa
from alembic import op

revision = "b8d2f3e61c07"
down_revision = "5c1e9a70d3b4"


def upgrade() -> None:
    op.add_column("band", sa.Column("departed", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("band", schema=None) as batch_op:
        batch_op.drop_column("departed")
