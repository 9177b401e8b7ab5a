"""What every peer is given to keep: 1 KiB, as its own clients would send it."""

from __future__ import annotations

import base64

PAYLOAD_BYTES = 1024

# Of all byte values, so that nothing gains by compressing it.
PAYLOAD = bytes(at * 167 % 256 for at in range(PAYLOAD_BYTES))

TEXT = base64.b64encode(PAYLOAD).decode()
URL_SAFE_TEXT = base64.urlsafe_b64encode(PAYLOAD).decode()
