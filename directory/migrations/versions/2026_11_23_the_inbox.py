"""The inbox: revision 3b7c51d0a9e2, after 90dff785cec6."""

import sqlalchemy as sa
from alembic import op

revision = "3b7c51d0a9e2"
down_revision = "90dff785cec6"

OUTCOMES = ("lead", "introduction", "invitation", "ignored")


def upgrade() -> None:
    op.create_table(
        "reply",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Enum(*OUTCOMES, name="outcome", native_enum=False, length=24), nullable=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["about_id"], ["delivery.id"], name=op.f("fk_reply_about_id_delivery")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_reply_channel_id_channel")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_reply_lead_id_lead")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_reply_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint("channel_id", "external_id", name=op.f("uq_reply_channel_id_external_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reply_public_id")),
    )
    with op.batch_alter_table("reply", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reply_about_id"), ["about_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reply_heard_at"), ["heard_at"], unique=False)
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.add_column(sa.Column("listened_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("heard_until", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("listen_said", sa.String(length=300), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("channel", schema=None) as batch_op:
        for name in ("listen_said", "heard_until", "listened_at"):
            batch_op.drop_column(name)
    op.drop_table("reply")
