"""Texts about a firm, asks and offers are kept whole: revision 6f0b3d9a2c14, after bd0bf77c1251."""

import sqlalchemy as sa
from alembic import op

revision = "6f0b3d9a2c14"
down_revision = "bd0bf77c1251"

LONG = 10_000
BEFORE = {
    "business": {"summary": 500, "best_customers": 500, "good_referrals": 500, "not_a_fit": 500},
    "wanted": {"text": 300},
}


def upgrade() -> None:
    for table, columns in BEFORE.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, length in columns.items():
                batch_op.alter_column(
                    name, existing_type=sa.String(length=length), type_=sa.String(length=LONG), existing_nullable=False
                )


def downgrade() -> None:
    for table, columns in BEFORE.items():
        for name, length in columns.items():
            op.execute(f"UPDATE {table} SET {name} = substr({name}, 1, {length})")  # noqa: S608 - names from above
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, length in columns.items():
                batch_op.alter_column(
                    name, existing_type=sa.String(length=LONG), type_=sa.String(length=length), existing_nullable=False
                )
