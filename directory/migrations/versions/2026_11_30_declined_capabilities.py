"""Declined capabilities: revision b079a94dfb3c, after 3c8e51f0b7a9."""

import sqlalchemy as sa
from alembic import op

revision = "b079a94dfb3c"
down_revision = "3c8e51f0b7a9"


def upgrade() -> None:
    op.create_table(
        "declined_capability",
        sa.Column("business_id", sa.Integer(), nullable=False),
        sa.Column("capability_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["business.id"], name=op.f("fk_declined_capability_business_id_business")
        ),
        sa.ForeignKeyConstraint(
            ["capability_id"], ["capability.id"], name=op.f("fk_declined_capability_capability_id_capability")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declined_capability")),
        sa.UniqueConstraint(
            "business_id", "capability_id", name=op.f("uq_declined_capability_business_id_capability_id")
        ),
    )
    with op.batch_alter_table("declined_capability", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_declined_capability_capability_id"), ["capability_id"], unique=False)


def downgrade() -> None:
    op.drop_table("declined_capability")
