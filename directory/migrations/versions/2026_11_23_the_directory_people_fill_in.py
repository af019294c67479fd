"""The directory that people fill in: revision 4814f3344ed7, after d0a8f4695d90."""

import sqlalchemy as sa
from alembic import op

from directory.db import new_public_id

revision = "4814f3344ed7"
down_revision = "d0a8f4695d90"


def upgrade() -> None:
    op.create_table(
        "suppression",
        sa.Column("email_hmac", sa.String(length=64), nullable=False),
        sa.Column("suppressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("email_hmac", name=op.f("uq_suppression_email_hmac")),
    )
    op.create_table(
        "suppression_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_key")),
    )
    op.create_table(
        "moved_business",
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("business_id", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_moved_business_business_id_business")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moved_business")),
        sa.UniqueConstraint("key", name=op.f("uq_moved_business_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_moved_business_public_id")),
    )
    with op.batch_alter_table("moved_business", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moved_business_business_id"), ["business_id"], unique=False)

    op.create_table(
        "application",
        sa.Column("chapter_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.String(length=300), nullable=False),
        sa.Column("knows", sa.String(length=120), nullable=False),
        sa.Column("is_suggested", sa.Boolean(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_application_chapter_id_chapter")),
        sa.ForeignKeyConstraint(["known_by_id"], ["member.id"], name=op.f("fk_application_known_by_id_member")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_application_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("member_id", name=op.f("uq_application_member_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_application_public_id")),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_chapter_id"), ["chapter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_known_by_id"), ["known_by_id"], unique=False)

    op.create_table(
        "case_study",
        sa.Column("teller_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.String(length=1500), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("collaboration_id", sa.Integer(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collaboration_id"], ["collaboration.id"], name=op.f("fk_case_study_collaboration_id_collaboration")
        ),
        sa.ForeignKeyConstraint(["teller_id"], ["member.id"], name=op.f("fk_case_study_teller_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_study")),
        sa.UniqueConstraint("public_id", name=op.f("uq_case_study_public_id")),
    )
    with op.batch_alter_table("case_study", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_study_collaboration_id"), ["collaboration_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_study_teller_id"), ["teller_id"], unique=False)

    op.create_table(
        "departure",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("pending", "active", "suspended", "gone", name="memberstate", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_departure_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
        sa.UniqueConstraint("member_id", name=op.f("uq_departure_member_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_departure_token_hash")),
    )
    with op.batch_alter_table("departure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_departure_erase_at"), ["erase_at"], unique=False)

    op.create_table(
        "import_batch",
        sa.Column("chapter_id", sa.Integer(), nullable=False),
        sa.Column("uploader_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made", sa.JSON(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_import_batch_chapter_id_chapter")),
        sa.ForeignKeyConstraint(["uploader_id"], ["member.id"], name=op.f("fk_import_batch_uploader_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
        sa.UniqueConstraint("public_id", name=op.f("uq_import_batch_public_id")),
    )
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_batch_chapter_id"), ["chapter_id"], unique=False)

    op.create_table(
        "introduction",
        sa.Column("asker_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("via_id", sa.Integer(), nullable=True),
        sa.Column("is_offer", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(length=600), nullable=False),
        sa.Column("word", sa.String(length=600), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "with_via",
                "with_target",
                "offered",
                "accepted",
                "declined",
                "cancelled",
                name="introductionstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("asker_yes", sa.Boolean(), nullable=True),
        sa.Column("target_yes", sa.Boolean(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("asker_id <> target_id", name=op.f("ck_introduction_two_people")),
        sa.ForeignKeyConstraint(["asker_id"], ["member.id"], name=op.f("fk_introduction_asker_id_member")),
        sa.ForeignKeyConstraint(["target_id"], ["member.id"], name=op.f("fk_introduction_target_id_member")),
        sa.ForeignKeyConstraint(["via_id"], ["member.id"], name=op.f("fk_introduction_via_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_introduction")),
        sa.UniqueConstraint("public_id", name=op.f("uq_introduction_public_id")),
    )
    with op.batch_alter_table("introduction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_introduction_asker_id"), ["asker_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_introduction_target_id"), ["target_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_introduction_via_id"), ["via_id"], unique=False)

    op.create_table(
        "one_time_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=254), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_one_time_link_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_link_token_hash")),
    )
    with op.batch_alter_table("one_time_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_one_time_link_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_one_time_link_member_id"), ["member_id"], unique=False)

    op.create_table(
        "rating_case",
        sa.Column("ratee_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ratee_id"], ["member.id"], name=op.f("fk_rating_case_ratee_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_case")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rating_case_public_id")),
    )
    with op.batch_alter_table("rating_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_case_ratee_id"), ["ratee_id"], unique=False)

    op.create_table(
        "relay_message",
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("receiver_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["receiver_id"], ["member.id"], name=op.f("fk_relay_message_receiver_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_message")),
        sa.UniqueConstraint("public_id", name=op.f("uq_relay_message_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_relay_message_token_hash")),
    )
    with op.batch_alter_table("relay_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relay_message_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_relay_message_receiver_id"), ["receiver_id"], unique=False)

    op.create_table(
        "saved_search",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_saved_search_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("public_id", name=op.f("uq_saved_search_public_id")),
    )
    with op.batch_alter_table("saved_search", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_search_member_id"), ["member_id"], unique=False)

    op.create_table(
        "case_study_party",
        sa.Column("case_study_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_study_id"], ["case_study.id"], name=op.f("fk_case_study_party_case_study_id_case_study")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_case_study_party_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_study_party")),
        sa.UniqueConstraint("case_study_id", "member_id", name=op.f("uq_case_study_party_case_study_id_member_id")),
    )
    with op.batch_alter_table("case_study_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_study_party_member_id"), ["member_id"], unique=False)

    op.create_table(
        "quarantine",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("ratee_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["rating_case.id"], name=op.f("fk_quarantine_case_id_rating_case")),
        sa.ForeignKeyConstraint(["ratee_id"], ["member.id"], name=op.f("fk_quarantine_ratee_id_member")),
        sa.ForeignKeyConstraint(["rater_id"], ["member.id"], name=op.f("fk_quarantine_rater_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantine_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantine_ratee_id"), ["ratee_id"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("account_id", "code_hash", name=op.f("uq_recovery_code_account_id_code_hash")),
    )
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=400), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("account_id", name=op.f("uq_second_factor_account_id")),
    )
    op.execute("DELETE FROM account_session")  # nothing says when they began: everybody signs in anew
    with op.batch_alter_table("account_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("browser", sa.String(length=60), nullable=False))
        batch_op.add_column(sa.Column("began_at", sa.DateTime(timezone=True), nullable=False))
        batch_op.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False))
        batch_op.add_column(sa.Column("public_id", sa.String(length=12), nullable=False))
        batch_op.create_unique_constraint(batch_op.f("uq_account_session_public_id"), ["public_id"])

    with op.batch_alter_table("business", schema=None) as batch_op:
        batch_op.add_column(sa.Column("industries", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("languages", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("latitude", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("longitude", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("audiences", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("search_version", sa.BigInteger(), nullable=False, server_default="0"))

    with op.batch_alter_table("chapter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(length=1000), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("public_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.alter_column("channel_id", existing_type=sa.INTEGER(), nullable=True)

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column("phone", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("video", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("photo", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("audiences", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(
            sa.Column(
                "state",
                sa.Enum("pending", "active", "suspended", "gone", name="memberstate", native_enum=False, length=24),
                nullable=False,
                server_default="active",
            )
        )
        batch_op.add_column(sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("sponsor_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("public_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE member SET state = 'suspended' WHERE suspended_at IS NOT NULL")
    op.execute(
        "UPDATE member SET email = account.email, arrived_at = account.create_datetime"
        " FROM account WHERE account.member_id = member.id"
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(
            "ix_member_state",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state != 'active'"),
            postgresql_where=sa.text("state != 'active'"),
        )
        batch_op.create_unique_constraint(batch_op.f("uq_member_email"), ["email"])
        batch_op.create_foreign_key(batch_op.f("fk_member_sponsor_id_member"), "member", ["sponsor_id"], ["id"])
        batch_op.drop_column("suspended_at")

    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.add_column(sa.Column("public_id", sa.String(length=12), nullable=True))
        batch_op.alter_column("warmth", existing_type=sa.INTEGER(), nullable=True)
        batch_op.alter_column("competence", existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_check_constraint("both_or_none", "(warmth is null) = (competence is null)")
    rating = sa.table("rating", sa.column("id", sa.Integer), sa.column("public_id", sa.String))
    for (id,) in op.get_bind().execute(sa.select(rating.c.id)).all():
        op.execute(rating.update().where(rating.c.id == id).values(public_id=new_public_id()))
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.alter_column("public_id", existing_type=sa.String(length=12), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_rating_public_id"), ["public_id"])


def downgrade() -> None:
    op.execute("DELETE FROM rating WHERE warmth IS NULL")
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_rating_both_or_none"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_rating_public_id"), type_="unique")
        batch_op.alter_column("competence", existing_type=sa.INTEGER(), nullable=False)
        batch_op.alter_column("warmth", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("public_id")

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE member SET suspended_at = joined_at WHERE state != 'active'")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_member_sponsor_id_member"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_member_email"), type_="unique")
        batch_op.drop_index(
            "ix_member_state", sqlite_where=sa.text("state != 'active'"), postgresql_where=sa.text("state != 'active'")
        )
        batch_op.drop_column("indexed_at")
        batch_op.drop_column("public_at")
        batch_op.drop_column("sponsor_id")
        batch_op.drop_column("arrived_at")
        batch_op.drop_column("invited_at")
        batch_op.drop_column("state")
        batch_op.drop_column("audiences")
        batch_op.drop_column("photo")
        batch_op.drop_column("video")
        batch_op.drop_column("phone")
        batch_op.drop_column("email")

    op.execute("DELETE FROM delivery WHERE channel_id IS NULL")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.alter_column("channel_id", existing_type=sa.INTEGER(), nullable=False)

    with op.batch_alter_table("chapter", schema=None) as batch_op:
        batch_op.drop_column("indexed_at")
        batch_op.drop_column("public_at")
        batch_op.drop_column("about")

    with op.batch_alter_table("business", schema=None) as batch_op:
        batch_op.drop_column("search_version")
        batch_op.drop_column("audiences")
        batch_op.drop_column("longitude")
        batch_op.drop_column("latitude")
        batch_op.drop_column("languages")
        batch_op.drop_column("industries")

    with op.batch_alter_table("account_session", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_account_session_public_id"), type_="unique")
        batch_op.drop_column("public_id")
        batch_op.drop_column("seen_at")
        batch_op.drop_column("began_at")
        batch_op.drop_column("browser")

    op.drop_table("second_factor")
    op.drop_table("recovery_code")
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quarantine_ratee_id"))
        batch_op.drop_index(batch_op.f("ix_quarantine_case_id"))

    op.drop_table("quarantine")
    with op.batch_alter_table("case_study_party", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_study_party_member_id"))

    op.drop_table("case_study_party")
    with op.batch_alter_table("saved_search", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_search_member_id"))

    op.drop_table("saved_search")
    with op.batch_alter_table("relay_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_relay_message_receiver_id"))
        batch_op.drop_index(batch_op.f("ix_relay_message_expires_at"))

    op.drop_table("relay_message")
    with op.batch_alter_table("rating_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_case_ratee_id"))

    op.drop_table("rating_case")
    with op.batch_alter_table("one_time_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_one_time_link_member_id"))
        batch_op.drop_index(batch_op.f("ix_one_time_link_expires_at"))

    op.drop_table("one_time_link")
    with op.batch_alter_table("introduction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_introduction_via_id"))
        batch_op.drop_index(batch_op.f("ix_introduction_target_id"))
        batch_op.drop_index(batch_op.f("ix_introduction_asker_id"))

    op.drop_table("introduction")
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_batch_chapter_id"))

    op.drop_table("import_batch")
    with op.batch_alter_table("departure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_departure_erase_at"))

    op.drop_table("departure")
    with op.batch_alter_table("case_study", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_study_teller_id"))
        batch_op.drop_index(batch_op.f("ix_case_study_collaboration_id"))

    op.drop_table("case_study")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_application_known_by_id"))
        batch_op.drop_index(batch_op.f("ix_application_chapter_id"))

    op.drop_table("application")
    with op.batch_alter_table("moved_business", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moved_business_business_id"))

    op.drop_table("moved_business")
    op.drop_table("suppression_key")
    op.drop_table("suppression")
