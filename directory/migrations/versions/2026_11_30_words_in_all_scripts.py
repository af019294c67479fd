"""Names in all scripts are found, and a moved talk moves in calendars: revision 3c8e51f0b7a9, after d17c6436d686."""

import sqlalchemy as sa
from alembic import op

revision = "3c8e51f0b7a9"
down_revision = "d17c6436d686"


def upgrade() -> None:
    op.execute("UPDATE business SET search_version = 0")  # what firms are found by is written anew after the upgrade
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moves", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.alter_column("moves", server_default=None)


def downgrade() -> None:
    op.execute("UPDATE business SET search_version = 0")
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.drop_column("moves")
