"""Accounts without Flask-Security: revision bd0bf77c1251, after c1e84f2d6b70."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "bd0bf77c1251"
down_revision = "c1e84f2d6b70"

UNIQUE = ("email", "fs_uniquifier", "fs_webauthn_user_handle", "us_phone_number", "username")
EMPTY: dict[str, sa.types.TypeEngine[Any]] = {  # columns that nothing ever wrote
    "username": sa.String(length=255),
    "confirmed_at": sa.DateTime(timezone=True),
    "last_login_at": sa.DateTime(timezone=True),
    "current_login_at": sa.DateTime(timezone=True),
    "last_login_ip": sa.String(length=64),
    "current_login_ip": sa.String(length=64),
    "login_count": sa.Integer(),
    "tf_primary_method": sa.String(length=64),
    "tf_totp_secret": sa.String(length=255),
    "tf_phone_number": sa.String(length=128),
    "us_totp_secrets": sa.Text(),
    "us_phone_number": sa.String(length=128),
    "fs_webauthn_user_handle": sa.String(length=64),
    "mf_recovery_codes": sa.UnicodeText(),
}


def upgrade() -> None:
    # No page closed an account by itself; one that somebody closed in the database stays closed.
    op.execute(
        "UPDATE member SET state = 'suspended' WHERE state IN ('active', 'pending')"
        " AND id IN (SELECT member_id FROM account WHERE NOT active)"
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        for name in UNIQUE:
            batch_op.drop_constraint(batch_op.f(f"uq_account_{name}"), type_="unique")
        for name in ("email", "active", "fs_uniquifier", "create_datetime", "update_datetime", *EMPTY):
            batch_op.drop_column(name)
    op.drop_table("roles_users")
    op.drop_table("account_role")


def downgrade() -> None:
    op.create_table(
        "account_role",
        sa.Column(
            "update_datetime", sa.DateTime(timezone=True), server_default=sa.text("(CURRENT_TIMESTAMP)"), nullable=False
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("permissions", sa.UnicodeText(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_role")),
        sa.UniqueConstraint("name", name=op.f("uq_account_role_name")),
    )
    op.create_table(
        "roles_users",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["account_role.id"], name=op.f("fk_roles_users_role_id_account_role")),
        sa.ForeignKeyConstraint(["user_id"], ["account.id"], name=op.f("fk_roles_users_user_id_account")),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_roles_users")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("fs_uniquifier", sa.String(length=64), nullable=True))
        for name in ("create_datetime", "update_datetime"):
            now = sa.text("(CURRENT_TIMESTAMP)")
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=now))
        for name, kind in EMPTY.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
    op.execute(
        "UPDATE account SET email = member.email, fs_uniquifier = 'account-' || account.id"
        " FROM member WHERE member.id = account.member_id"
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.alter_column("email", existing_type=sa.String(length=255), nullable=False)
        batch_op.alter_column("fs_uniquifier", existing_type=sa.String(length=64), nullable=False)
        for name in UNIQUE:
            batch_op.create_unique_constraint(batch_op.f(f"uq_account_{name}"), [name])
