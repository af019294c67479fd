"""Refused mail, one reminder, who invited, and messages of members: revision 5d2f9be7a610, after 4a7d0c52e913."""

import sqlalchemy as sa
from alembic import op

revision = "5d2f9be7a610"
down_revision = "4a7d0c52e913"


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("sender_id", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("sender_id <> receiver_id", name=op.f("ck_message_two_people")),
        sa.ForeignKeyConstraint(["receiver_id"], ["member.id"], name=op.f("fk_message_receiver_id_member")),
        sa.ForeignKeyConstraint(["sender_id"], ["member.id"], name=op.f("fk_message_sender_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("public_id", name=op.f("uq_message_public_id")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_receiver_id"), ["receiver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_sender_id"), ["sender_id"], unique=False)

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("invited_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("refused_email", sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column("refused_code", sa.String(length=20), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_member_invited_by_id"), ["invited_by_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_member_invited_by_id_member"), "member", ["invited_by_id"], ["id"])
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.alter_column("refused_code", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_member_invited_by_id_member"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_member_invited_by_id"))
        batch_op.drop_column("refused_code")
        batch_op.drop_column("refused_email")
        batch_op.drop_column("reminded_at")
        batch_op.drop_column("invited_by_id")

    op.drop_table("message")
