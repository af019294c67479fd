"""Client of a lead: revision 2f7c0b9d4e15, after 6b1e4f9a2c70."""

import sqlalchemy as sa
from alembic import op

revision = "2f7c0b9d4e15"
down_revision = "6b1e4f9a2c70"


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("email_hmac", sa.String(length=64), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_client_lead_id_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("lead_id", name=op.f("uq_client_lead_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_client_public_id")),
    )
    op.create_index(op.f("ix_client_email_hmac"), "client", ["email_hmac"])
    op.create_table(
        "consent",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Enum("share", "contact", name="consentkind", native_enum=False, length=24), nullable=False
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_consent_client_id_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_client_id"), "consent", ["client_id"])
    op.create_table(
        "client_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_link_client_id_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_client_link_token_hash")),
    )
    op.create_index(op.f("ix_client_link_client_id"), "client_link", ["client_id"])
    op.create_index(op.f("ix_client_link_expires_at"), "client_link", ["expires_at"])


def downgrade() -> None:
    for table in ("client_link", "consent", "client"):
        op.drop_table(table)
