"""What the mail service reports: its outcome beside each request, and the tokens of signed reports that were taken.

It only adds: replicas of the version before neither read nor write any of it.
"""

from sqlalchemy import BigInteger, Column, Integer, String

from parley.sql.steps import add_column, create_index, create_table

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    add_column("otp_requests", Column("outcome", String(12)))
    add_column("otp_requests", Column("outcome_generation", Integer))
    add_column("otp_requests", Column("outcome_at", BigInteger))
    create_table(
        "report_tokens",
        Column("token", String(64), primary_key=True),
        Column("signed_at", BigInteger, nullable=False),
    )
    create_index("report_tokens_by_time", "report_tokens", ["signed_at"])
