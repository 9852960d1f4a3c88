"""The tables of the one database. Times are milliseconds since 1970 UTC by the database's clock; ids are UUID text.

Migrations (`migrations/versions`) make them; a test compares the two. The outbox row lives until the request it names
has a terminal state, so that losing the bus loses nothing.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.dialects.mysql import VARBINARY

metadata = MetaData()

_ID = String(36)

accounts = Table(
    "accounts",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("platform", String(60), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

otp_requests = Table(
    "otp_requests",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("email", String(254), nullable=False),
    Column("limit_key", String(254), nullable=False),
    Column("typed", String(254), nullable=False),
    Column("browser", String(64), nullable=False),
    Column("network", String(64), nullable=False),
    Column("known_device", String(64)),
    Column("asked_from", String(120), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("leased_by", _ID),
    Column("leased_until", BigInteger, nullable=False),
    Column("outcome", String(12)),
    Column("outcome_generation", Integer),
    Column("outcome_at", BigInteger),
    Index("otp_requests_by_address", "limit_key", "created_at"),
    Index("otp_requests_by_network", "network", "created_at"),
    Index("otp_requests_by_browser", "browser", "created_at"),
    Index("otp_requests_by_time", "created_at"),
)

otp_codes = Table(
    "otp_codes",
    metadata,
    Column("request_id", _ID, ForeignKey("otp_requests.id"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("mac", LargeBinary(32).with_variant(VARBINARY(32), "mysql"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("consumed_at", BigInteger),
)

otp_failures = Table(
    "otp_failures",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("limit_key", String(254), nullable=False),
    Column("known_device", String(64)),
    Column("failed_at", BigInteger, nullable=False),
    Index("otp_failures_by_address", "limit_key", "failed_at"),
    Index("otp_failures_by_time", "failed_at"),
)

report_tokens = Table(
    "report_tokens",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("signed_at", BigInteger, nullable=False),
    Index("report_tokens_by_time", "signed_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("event_id", _ID, nullable=False, unique=True),
    Column("request_id", _ID, nullable=False, index=True),
    Column("topic", String(120), nullable=False),
    Column("key", String(254), nullable=False),
    Column("payload", LargeBinary(4096), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("published_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Index("outbox_by_publication", "published_at"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("direct_key", String(80), unique=True),
    Column("title", String(120)),
    Column("created_by", _ID, ForeignKey("accounts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("conversation_id", _ID, ForeignKey("conversations.id"), primary_key=True),
    Column("account_id", _ID, ForeignKey("accounts.id"), primary_key=True),
    Column("role", String(8), nullable=False),
    Column("position", Integer, nullable=False),
    Column("present", Boolean, nullable=False),
    Column("joined_seq", BigInteger, nullable=False),
    Column("left_seq", BigInteger),
    Column("change_id", _ID),
    Column("change_kind", String(8)),
    Column("change_by", _ID),
    Column("change_epoch", Integer),
    Column("change_after", BigInteger),
    Column("change_at", BigInteger),
    Index("members_by_account", "account_id", "present"),
    Index("members_by_change", "change_at"),
)

TURNS = 256
"""How many rows `turns` has; more of them than transactions at a time, so that strangers seldom wait."""

turns = Table("turns", metadata, Column("slot", Integer, primary_key=True, autoincrement=False))
