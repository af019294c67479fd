"""Attribution: revision c1e84f2d6b70, after 3b7c51d0a9e2."""

import sqlalchemy as sa
from alembic import op

revision = "c1e84f2d6b70"
down_revision = "3b7c51d0a9e2"

CAME = ("application", "introduction", "lead", "relay_message")


def upgrade() -> None:
    op.create_table(
        "short_link",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_short_link_delivery_id_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_short_link")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_short_link_delivery_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_short_link_public_id")),
    )
    op.create_table(
        "short_link_clicks",
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["short_link.id"], name=op.f("fk_short_link_clicks_link_id_short_link")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_short_link_clicks")),
        sa.UniqueConstraint("link_id", "day", name=op.f("uq_short_link_clicks_link_id_day")),
    )
    for table in CAME:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("came_from_id", sa.Integer(), nullable=True))
            name = batch_op.f(f"fk_{table}_came_from_id_delivery")
            batch_op.create_foreign_key(name, "delivery", ["came_from_id"], ["id"])
            batch_op.create_index(batch_op.f(f"ix_{table}_came_from_id"), ["came_from_id"], unique=False)


def downgrade() -> None:
    for table in CAME:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_came_from_id"))
            batch_op.drop_constraint(batch_op.f(f"fk_{table}_came_from_id_delivery"), type_="foreignkey")
            batch_op.drop_column("came_from_id")
    op.drop_table("short_link_clicks")
    op.drop_table("short_link")
