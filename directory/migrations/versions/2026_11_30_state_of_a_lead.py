"""State of a lead: revision 6b1e4f9a2c70, after 1a0f0182b608."""

import sqlalchemy as sa
from alembic import op

revision = "6b1e4f9a2c70"
down_revision = "1a0f0182b608"

STATES = ("pending", "received", "active", "won", "lost", "declined", "expired")


def upgrade() -> None:
    state = sa.Enum(*STATES, name="leadstate", native_enum=False, length=24)
    op.add_column("lead", sa.Column("state", state, nullable=False, server_default="received"))
    op.create_table(
        "lead_change",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("from_state", state, nullable=False),
        sa.Column("to_state", state, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_change_lead_id_lead")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_lead_change_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_change")),
    )
    op.create_index(op.f("ix_lead_change_lead_id"), "lead_change", ["lead_id"])
    op.create_index(op.f("ix_lead_change_by_id"), "lead_change", ["by_id"])
    # What was closed was "settled"; nobody was asked what came of it.
    op.execute("update lead set state = 'declined' where closed_at is not null")
    op.execute(
        "insert into lead_change (lead_id, from_state, to_state, by_id, why, changed_at)"
        " select id, 'received', 'declined', member_id, 'closed before outcomes were asked', closed_at"
        " from lead where closed_at is not null"
    )


def downgrade() -> None:
    op.drop_table("lead_change")
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.drop_column("state")
