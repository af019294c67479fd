"""referrals: revision 196cf39dccd2, after c41d90be27a5."""

import sqlalchemy as sa
from alembic import op

revision = "196cf39dccd2"
down_revision = "c41d90be27a5"


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("giver", "receiver", "client", "chapter", name="side", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column(
            "said",
            sa.Enum(
                "talked",
                "silent",
                "won",
                "lost",
                "disputed",
                "settled",
                "reversed",
                name="said",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_repeat", sa.Boolean(), nullable=True),
        sa.Column("words", sa.String(length=600), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_report_by_id_member")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_report_lead_id_lead")),
        sa.ForeignKeyConstraint(["reverses_id"], ["report.id"], name=op.f("fk_report_reverses_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_report_public_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_report_reverses_id")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_lead_id"), ["lead_id"], unique=False)

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("offer_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_consent_offer_id"), ["offer_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_consent_offer_id_offer"), "offer", ["offer_id"], ["id"])

    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.add_column(sa.Column("introduction_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_lead_introduction_id"), ["introduction_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_lead_introduction_id_introduction"), "introduction", ["introduction_id"], ["id"]
        )

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("done", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("chased", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("chase_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_offer_chase_at"), ["chase_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_chase_at"))
        batch_op.drop_column("chase_at")
        batch_op.drop_column("chased")
        batch_op.drop_column("done")

    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_lead_introduction_id_introduction"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_lead_introduction_id"))
        batch_op.drop_column("introduction_id")

    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_consent_offer_id_offer"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_consent_offer_id"))
        batch_op.drop_column("offer_id")

    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_lead_id"))
        batch_op.drop_index(batch_op.f("ix_report_by_id"))

    op.drop_table("report")
