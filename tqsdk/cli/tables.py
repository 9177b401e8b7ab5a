"""How tasks are shown where no JSON is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from tqsdk.cli import records
from tqsdk.cli.output import Column, Record, printable, shown

_name = Column("NAME", lambda record: printable(record["name"]))
_due = Column("DUE", lambda record: record["eta"] or record["lease_expires_at"] or "")
_token = Column("LEASE_TOKEN", lambda record: str(record["lease_token"]))
_count = Column("RETRY_COUNT", lambda record: str(record["retry_count"]))
_tag = Column(
    "TAG", lambda record: shown((record["tag"] or "").encode("utf-8", "backslashreplace"))
)
_payload = Column("PAYLOAD", lambda record: shown(records.payload_of(record)))

LISTED = (_name, _due, _count, _tag)
LEASED = (_name, _token, _count, _tag, _payload)
RENEWED = (_name, _token, _count)


def row(record: Record, columns: Sequence[Column]) -> str:
    """One line, the cells with tabs between them."""
    return "\t".join(column.cell(record) for column in columns)
