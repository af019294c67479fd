"""Embeddings of texts: revision 28adf0622171, after 08641145bc08."""

import sqlalchemy as sa
from alembic import op

revision = "28adf0622171"
down_revision = "08641145bc08"


def upgrade() -> None:
    op.create_table(
        "text_embedding",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_embedding")),
        sa.UniqueConstraint("digest", name=op.f("uq_text_embedding_digest")),
    )


def downgrade() -> None:
    op.drop_table("text_embedding")
