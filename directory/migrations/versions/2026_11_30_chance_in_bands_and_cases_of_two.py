"""Chance decides how many raters a band takes, and two open a case: revision 1a0f0182b608, after 5d2f9be7a610."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "1a0f0182b608"
down_revision = "5d2f9be7a610"


def upgrade() -> None:
    with op.batch_alter_table("band", schema=None) as batch_op:
        batch_op.add_column(sa.Column("extra_raters", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("extra_changes", sa.Integer(), nullable=False, server_default="0"))
        batch_op.alter_column("frozen_at", existing_type=sa.DateTime(timezone=True), nullable=True)
    band = sa.table("band", *(sa.column(name) for name in ("id", "warmth", "extra_raters", "extra_changes")))
    for row in op.get_bind().execute(sa.select(band.c.id, band.c.warmth)).all():
        # A band that is shown keeps what it was shown with.
        extra = {"extra_raters": 0 if row.warmth else secrets.randbelow(5), "extra_changes": secrets.randbelow(5)}
        op.execute(band.update().where(band.c.id == row.id).values(**extra))
    with op.batch_alter_table("band", schema=None) as batch_op:
        batch_op.alter_column("extra_raters", server_default=None)
        batch_op.alter_column("extra_changes", server_default=None)
    with op.batch_alter_table("rating_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_rating_case_asked_by_id_member"), "member", ["asked_by_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("rating_case", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_rating_case_asked_by_id_member"), type_="foreignkey")
        batch_op.drop_column("opened_at")
        batch_op.drop_column("asked_by_id")
    op.execute("DELETE FROM band WHERE frozen_at IS NULL")
    with op.batch_alter_table("band", schema=None) as batch_op:
        batch_op.alter_column("frozen_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.drop_column("extra_changes")
        batch_op.drop_column("extra_raters")
