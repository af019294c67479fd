"""Words of a network's own: revision d17c6436d686, after 6f0b3d9a2c14."""

import sqlalchemy as sa
from alembic import op

revision = "d17c6436d686"
down_revision = "6f0b3d9a2c14"


def upgrade() -> None:
    op.create_table(
        "own_word_change",
        sa.Column("chapter_id", sa.Integer(), nullable=False),
        sa.Column("capability_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column(
            "act",
            sa.Enum("keep", "rename", "move", "join", "hide", name="ownwordact", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capability_id"], ["capability.id"], name=op.f("fk_own_word_change_capability_id_capability")
        ),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_own_word_change_chapter_id_chapter")),
        sa.ForeignKeyConstraint(["target_id"], ["capability.id"], name=op.f("fk_own_word_change_target_id_capability")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_word_change")),
        sa.UniqueConstraint("public_id", name=op.f("uq_own_word_change_public_id")),
    )
    with op.batch_alter_table("own_word_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_own_word_change_capability_id"), ["capability_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_own_word_change_chapter_id"), ["chapter_id"], unique=False)

    with op.batch_alter_table("capability", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("capability", schema=None) as batch_op:
        batch_op.drop_column("hidden_at")
        batch_op.drop_column("origin")

    op.drop_table("own_word_change")
