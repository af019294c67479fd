"""Offers and seats: revision a6f5dea5151d, after 8d3a5e7c1b40."""

import sqlalchemy as sa
from alembic import op

revision = "a6f5dea5151d"
down_revision = "8d3a5e7c1b40"


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("business_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("makes_bringer", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "accepted",
                "declined",
                "expired",
                "withdrawn",
                "taken",
                name="offerstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "no time",
                "too small",
                "too far",
                "not our trade",
                "conflict",
                name="declinereason",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("then_ids", sa.JSON(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["answered_by_id"], ["member.id"], name=op.f("fk_offer_answered_by_id_member")),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_offer_business_id_business")),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_offer_by_id_member")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_offer_lead_id_lead")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_offer_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_offer_public_id")),
    )
    waits = sa.text("settled_at IS NULL")
    op.create_index(op.f("ix_offer_answered_by_id"), "offer", ["answered_by_id"])
    op.create_index(op.f("ix_offer_business_id"), "offer", ["business_id"])
    op.create_index(op.f("ix_offer_by_id"), "offer", ["by_id"])
    op.create_index(op.f("ix_offer_lead_id"), "offer", ["lead_id"])
    op.create_index(op.f("ix_offer_member_id"), "offer", ["member_id"])
    op.create_index("ix_offer_settled_at", "offer", ["due_at"], sqlite_where=waits, postgresql_where=waits)

    op.create_table(
        "offer_seat",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("capability_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capability_id"], ["capability.id"], name=op.f("fk_offer_seat_capability_id_capability")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_seat_offer_id_offer")),
        sa.PrimaryKeyConstraint("offer_id", "capability_id", name=op.f("pk_offer_seat")),
    )
    op.create_index(op.f("ix_offer_seat_capability_id"), "offer_seat", ["capability_id"])

    op.create_table(
        "seat_holder",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("capability_id", sa.Integer(), nullable=True),
        sa.Column("business_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("offer_id", sa.Integer(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_seat_holder_business_id_business")),
        sa.ForeignKeyConstraint(
            ["capability_id"], ["capability.id"], name=op.f("fk_seat_holder_capability_id_capability")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_seat_holder_lead_id_lead")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_seat_holder_member_id_member")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_seat_holder_offer_id_offer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_holder")),
        sa.UniqueConstraint("lead_id", "capability_id", name=op.f("uq_seat_holder_lead_id_capability_id")),
    )
    op.create_index(op.f("ix_seat_holder_business_id"), "seat_holder", ["business_id"])
    op.create_index(op.f("ix_seat_holder_capability_id"), "seat_holder", ["capability_id"])
    op.create_index(op.f("ix_seat_holder_member_id"), "seat_holder", ["member_id"])
    op.create_index(op.f("ix_seat_holder_offer_id"), "seat_holder", ["offer_id"])

    whole = sa.text("capability_id IS NULL")
    op.create_index(
        "uq_seat_holder_whole", "seat_holder", ["lead_id"], unique=True, sqlite_where=whole, postgresql_where=whole
    )


def downgrade() -> None:
    for table in ("seat_holder", "offer_seat", "offer"):
        op.drop_table(table)
