"""Submissions, and what clients choose: revision 8d3a5e7c1b40, after b8d2f3e61c07."""

import sqlalchemy as sa
from alembic import op

revision = "8d3a5e7c1b40"
down_revision = "b8d2f3e61c07"


def upgrade() -> None:
    op.create_table(
        "submission",
        sa.Column("chapter_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Enum("form", "mail", name="source", native_enum=False, length=24), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("email_hmac", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "decision",
            sa.Enum("lead", "spam", "withdrawn", name="decision", native_enum=False, length=24),
            nullable=True,
        ),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("came_from_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_submission_chapter_id_chapter")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["member.id"], name=op.f("fk_submission_decided_by_id_member")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_submission_lead_id_lead")),
        sa.ForeignKeyConstraint(["came_from_id"], ["delivery.id"], name=op.f("fk_submission_came_from_id_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("public_id", name=op.f("uq_submission_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_submission_token_hash")),
    )
    op.create_table(
        "client_choice",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("shown_by_id", sa.Integer(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "answer", sa.Enum("yes", "other", "no", name="clientanswer", native_enum=False, length=24), nullable=True
        ),
        sa.Column("chosen", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_client_choice_lead_id_lead")),
        sa.ForeignKeyConstraint(["shown_by_id"], ["member.id"], name=op.f("fk_client_choice_shown_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_choice")),
        sa.UniqueConstraint("public_id", name=op.f("uq_client_choice_public_id")),
    )
    for column in ("lead_id", "shown_by_id"):
        op.create_index(op.f(f"ix_client_choice_{column}"), "client_choice", [column])
    for column in ("chapter_id", "email_hmac", "decided_at", "decided_by_id", "lead_id", "came_from_id"):
        op.create_index(op.f(f"ix_submission_{column}"), "submission", [column])


def downgrade() -> None:
    op.drop_table("client_choice")
    op.drop_table("submission")
