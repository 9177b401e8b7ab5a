"""nginx with ``return 200``: what HTTP itself costs, with no work behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers import output, program
from tests.benchmarks.running import answers_http

_CONFIGURATION = """\
worker_processes 1;
daemon off;
error_log error.log;
pid nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        default_type application/json;
        location / {{ return 200 '{{"kind": "taskqueues#task", "id": "0123456789abcdef"}}'; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """One worker that answers everything alike. It takes the load of ours."""

    @property
    def name(self) -> str:
        return "nginx"

    def obtain(self) -> None:
        program("nginx", "nginx-light")

    def version(self) -> str:
        return output(program("nginx", "nginx-light"), "-v")

    def command(self, folder: Path, port: int) -> list[str]:
        (folder / "nginx.conf").write_text(_CONFIGURATION.format(port=port))
        return [
            *(program("nginx", "nginx-light"), "-p", str(folder)),
            *("-c", "nginx.conf", "-e", "error.log"),
        ]

    def answers(self, port: int) -> bool:
        return answers_http(port)

    def make_queue(self, port: int) -> None:
        """Nothing: it keeps nothing."""
