"""The week: revision 90dff785cec6, after 4814f3344ed7."""

import sqlalchemy as sa
from alembic import op

revision = "90dff785cec6"
down_revision = "4814f3344ed7"


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
        sa.UniqueConstraint("worker", name=op.f("uq_heartbeat_worker")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=12), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_table(
        "post_frame",
        sa.Column("chapter_id", sa.Integer(), nullable=False),
        sa.Column("opening", sa.String(length=120), nullable=False),
        sa.Column("closing", sa.String(length=120), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["approved_by_id"], ["member.id"], name=op.f("fk_post_frame_approved_by_id_member")),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_post_frame_chapter_id_chapter")),
        sa.ForeignKeyConstraint(["written_by_id"], ["member.id"], name=op.f("fk_post_frame_written_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_frame")),
        sa.UniqueConstraint("public_id", name=op.f("uq_post_frame_public_id")),
    )
    with op.batch_alter_table("post_frame", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_frame_chapter_id"), ["chapter_id"], unique=False)

    op.create_table(
        "quiet_time",
        sa.Column("chapter_id", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_quiet_time_chapter_id_chapter")),
        sa.ForeignKeyConstraint(["set_by_id"], ["member.id"], name=op.f("fk_quiet_time_set_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet_time")),
        sa.UniqueConstraint("public_id", name=op.f("uq_quiet_time_public_id")),
    )
    with op.batch_alter_table("quiet_time", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quiet_time_chapter_id"), ["chapter_id"], unique=False)

    op.create_table(
        "stop",
        sa.Column("chapter_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name=op.f("fk_stop_by_id_member")),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_stop_chapter_id_chapter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop")),
    )
    with op.batch_alter_table("stop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stop_chapter_id"), ["chapter_id"], unique=False)

    op.create_table(
        "pairing",
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("proposed", "kept", "missed", "declined", name="pairingstate", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("said_by_id", sa.Integer(), nullable=True),
        sa.Column("meets_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("topics", sa.String(length=1000), nullable=False),
        sa.Column("next_step", sa.String(length=300), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("one_id <> other_id", name=op.f("ck_pairing_two_people")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_pairing_occurrence_id_occurrence")),
        sa.ForeignKeyConstraint(["one_id"], ["member.id"], name=op.f("fk_pairing_one_id_member")),
        sa.ForeignKeyConstraint(["other_id"], ["member.id"], name=op.f("fk_pairing_other_id_member")),
        sa.ForeignKeyConstraint(["said_by_id"], ["member.id"], name=op.f("fk_pairing_said_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
        sa.UniqueConstraint("public_id", name=op.f("uq_pairing_public_id")),
    )
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pairing_occurrence_id"), ["occurrence_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pairing_one_id"), ["one_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pairing_other_id"), ["other_id"], unique=False)

    op.create_table(
        "prompt",
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_prompt_member_id_member")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_prompt_occurrence_id_occurrence")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt")),
        sa.UniqueConstraint("occurrence_id", "member_id", name=op.f("uq_prompt_occurrence_id_member_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_prompt_public_id")),
    )
    with op.batch_alter_table("prompt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prompt_member_id"), ["member_id"], unique=False)

    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column(
                "state",
                sa.Enum("open", "paused", "broken", "gone", name="channelstate", native_enum=False, length=24),
                nullable=False,
                server_default="open",
            )
        )
        batch_op.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("broken_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("broken_reason", sa.String(length=300), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("has_link", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("check_asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("check_said", sa.String(length=300), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("is_ok", sa.Boolean(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_channel_owner_id_member"), "member", ["owner_id"], ["id"])

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("look_asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("found", sa.String(length=300), nullable=False, server_default=""))

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sits_out_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("mail_off", sa.JSON(), nullable=False, server_default="[]"))

    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.add_column(sa.Column("case_study_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("vetoed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_mention_case_study_id_case_study"),
            "case_study",
            ["case_study_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seat_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("paired_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("own_time", sa.Time(), nullable=True))
        batch_op.add_column(sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("prompted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("preflight_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_occurrence_seat_id_capability"), "capability", ["seat_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_occurrence_seat_id_capability"), type_="foreignkey")
        batch_op.drop_column("preflight_at")
        batch_op.drop_column("prompted_at")
        batch_op.drop_column("drafted_at")
        batch_op.drop_column("own_time")
        batch_op.drop_column("paired_at")
        batch_op.drop_column("seat_id")

    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_mention_case_study_id_case_study"), type_="foreignkey")
        batch_op.drop_column("vetoed_at")
        batch_op.drop_column("case_study_id")

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_column("mail_off")
        batch_op.drop_column("sits_out_at")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_column("found")
        batch_op.drop_column("looked_at")
        batch_op.drop_column("look_asked_at")

    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_channel_owner_id_member"), type_="foreignkey")
        batch_op.drop_column("is_ok")
        batch_op.drop_column("check_said")
        batch_op.drop_column("checked_at")
        batch_op.drop_column("check_asked_at")
        batch_op.drop_column("has_link")
        batch_op.drop_column("broken_reason")
        batch_op.drop_column("broken_at")
        batch_op.drop_column("connected_at")
        batch_op.drop_column("owner_id")
        batch_op.drop_column("state")
        batch_op.drop_column("sealed")

    with op.batch_alter_table("prompt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_prompt_member_id"))

    op.drop_table("prompt")
    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pairing_other_id"))
        batch_op.drop_index(batch_op.f("ix_pairing_one_id"))
        batch_op.drop_index(batch_op.f("ix_pairing_occurrence_id"))

    op.drop_table("pairing")
    with op.batch_alter_table("stop", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stop_chapter_id"))

    op.drop_table("stop")
    with op.batch_alter_table("quiet_time", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quiet_time_chapter_id"))

    op.drop_table("quiet_time")
    with op.batch_alter_table("post_frame", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_frame_chapter_id"))

    op.drop_table("post_frame")
    op.drop_table("ledger")
    op.drop_table("heartbeat")
