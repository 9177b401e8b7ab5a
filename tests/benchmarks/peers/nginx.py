"""nginx with ``return 200``: what HTTP itself costs, with no work behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers import output, program
from tests.benchmarks.running import answers_http

_CONFIGURATION = """\
daemon off;
error_log error.log;
pid nginx.pid;
events {{ }}
http {{
    {tuning}
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port};
        default_type application/json;
        location / {{ return 200 '{{"kind": "taskqueues#task", "id": "0123456789abcdef"}}'; }}
    }}
}}
"""
_TUNED = "access_log off; keepalive_requests 1000000000;"
# The log would go to a folder of the machine's.
_DEFAULTS = "access_log access.log;"


@dataclass(frozen=True, slots=True)
class Nginx:
    """One worker, its default, that answers everything alike. It takes the load of ours.

    Attributes:
        defaults: Whether it logs every request, and closes a connection after a thousand.
    """

    defaults: bool = False

    @property
    def name(self) -> str:
        return "nginx-defaults" if self.defaults else "nginx"

    def obtain(self) -> None:
        program("nginx")

    def version(self) -> str:
        tuning = "" if self.defaults else f" with {_TUNED}"
        return f"{output(program('nginx'), '-v')}{tuning}"

    def command(self, folder: Path, port: int) -> list[str]:
        tuning = _DEFAULTS if self.defaults else _TUNED
        (folder / "nginx.conf").write_text(_CONFIGURATION.format(port=port, tuning=tuning))
        return [
            *(program("nginx"), "-p", str(folder)),
            *("-c", "nginx.conf", "-e", "error.log"),
        ]

    def answers(self, port: int) -> bool:
        return answers_http(port)

    def make_queue(self, port: int) -> None:
        """Nothing: it keeps nothing."""
