"""Need examples: revision bf8f2c651dff, after b079a94dfb3c."""

import sqlalchemy as sa
from alembic import op

revision = "bf8f2c651dff"
down_revision = "b079a94dfb3c"


def upgrade() -> None:
    op.create_table(
        "need_example",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("capability_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("phrase", sa.String(length=120), nullable=False),
        sa.Column("is_need", sa.Boolean(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capability_id"], ["capability.id"], name=op.f("fk_need_example_capability_id_capability")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_need_example_lead_id_lead")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_need_example_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_example")),
        sa.UniqueConstraint("lead_id", "capability_id", name=op.f("uq_need_example_lead_id_capability_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_need_example_public_id")),
    )
    with op.batch_alter_table("need_example", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_example_capability_id"), ["capability_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_need_example_member_id"), ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_table("need_example")
