"""The first schema: people, their devices, one-time codes, the outbox, conversations and their members."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.dialects.mysql import VARBINARY

from parley.sql.steps import create_index, create_table

revision = "0001"
down_revision = None

_ID = String(36)


def upgrade() -> None:
    _people()
    _codes()
    _outbox()
    _conversations()


def _people() -> None:
    create_table(
        "accounts",
        Column("id", _ID, primary_key=True),
        Column("email", String(254), nullable=False, unique=True),
        Column("name", String(120), nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("disabled_at", BigInteger),
    )
    create_table(
        "sessions",
        Column("id", _ID, primary_key=True),
        Column("account_id", _ID, ForeignKey("accounts.id"), nullable=False),
        Column("token_sha256", String(64), nullable=False, unique=True),
        Column("name", String(120), nullable=False),
        Column("platform", String(60), nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("seen_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("revoked_at", BigInteger),
    )
    create_index("ix_sessions_account_id", "sessions", ["account_id"])


def _codes() -> None:
    create_table(
        "otp_requests",
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
    )
    create_index("otp_requests_by_address", "otp_requests", ["limit_key", "created_at"])
    create_index("otp_requests_by_network", "otp_requests", ["network", "created_at"])
    create_index("otp_requests_by_browser", "otp_requests", ["browser", "created_at"])
    create_index("otp_requests_by_time", "otp_requests", ["created_at"])
    create_table(
        "otp_codes",
        Column("request_id", _ID, ForeignKey("otp_requests.id"), primary_key=True),
        Column("generation", Integer, primary_key=True),
        Column("mac", LargeBinary(32).with_variant(VARBINARY(32), "mysql"), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("consumed_at", BigInteger),
    )
    create_table(
        "otp_failures",
        Column("id", _ID, primary_key=True),
        Column("limit_key", String(254), nullable=False),
        Column("known_device", String(64)),
        Column("failed_at", BigInteger, nullable=False),
    )
    create_index("otp_failures_by_address", "otp_failures", ["limit_key", "failed_at"])
    create_index("otp_failures_by_time", "otp_failures", ["failed_at"])


def _outbox() -> None:
    create_table(
        "outbox",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("event_id", _ID, nullable=False, unique=True),
        Column("request_id", _ID, nullable=False),
        Column("topic", String(120), nullable=False),
        Column("key", String(254), nullable=False),
        Column("payload", LargeBinary(4096), nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("published_at", BigInteger),
        Column("attempts", Integer, nullable=False),
    )
    create_index("ix_outbox_request_id", "outbox", ["request_id"])
    create_index("outbox_by_publication", "outbox", ["published_at"])


def _conversations() -> None:
    create_table(
        "conversations",
        Column("id", _ID, primary_key=True),
        Column("kind", String(8), nullable=False),
        Column("direct_key", String(80), unique=True),
        Column("title", String(120)),
        Column("created_by", _ID, ForeignKey("accounts.id"), nullable=False),
        Column("version", Integer, nullable=False),
        Column("created_at", BigInteger, nullable=False),
    )
    create_table(
        "members",
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
    )
    create_index("members_by_account", "members", ["account_id", "present"])
    create_index("members_by_change", "members", ["change_at"])
