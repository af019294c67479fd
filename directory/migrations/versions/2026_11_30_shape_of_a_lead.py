"""Shape of a lead: revision 4a7d0c52e913, after 28adf0622171."""

import sqlalchemy as sa
from alembic import op

revision = "4a7d0c52e913"
down_revision = "28adf0622171"

# What ``directory/taxonomy/goodword.csv`` marked then: a network that has it need not import it again.
MARKS = {
    "no share": "legal insurance health finance.planning finance.capital finance.mortgages property.residential"
    " property.title property.appraisal property.inspection",
    "trades": "construction facilities finance property health automotive security logistics administration",
}


def upgrade() -> None:
    shape = sa.Enum("hand over", "together", "alone", name="shape", native_enum=False, length=24)
    op.add_column("capability", sa.Column("marks", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("lead", sa.Column("shape", shape, nullable=True))
    lead, capability = (
        sa.table("lead", sa.column("keeps_prime", sa.Boolean), sa.column("shape", sa.String)),
        sa.table("capability", sa.column("scheme"), sa.column("code"), sa.column("marks", sa.JSON)),
    )
    op.execute(lead.update().where(~lead.c.keeps_prime).values(shape="hand over"))
    for code in sorted({code for codes in MARKS.values() for code in codes.split()}):
        marks = [mark for mark, codes in MARKS.items() if code in codes.split()]
        is_marked = (capability.c.scheme == "goodword") & (capability.c.code == code)
        op.execute(capability.update().where(is_marked).values(marks=marks))
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.drop_column("keeps_prime")


def downgrade() -> None:
    op.add_column("lead", sa.Column("keeps_prime", sa.Boolean(), nullable=False, server_default=sa.true()))
    lead = sa.table("lead", sa.column("keeps_prime", sa.Boolean), sa.column("shape", sa.String))
    op.execute(lead.update().where(lead.c.shape == "hand over").values(keeps_prime=False))
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.drop_column("shape")
    op.drop_column("capability", "marks")
