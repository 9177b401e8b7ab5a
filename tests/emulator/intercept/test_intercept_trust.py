"""What intercepted programs are told, and whom they trust."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import certifi
import pytest

from emulator.auth.certificate import self_signed
from emulator.intercept.authority import Authority
from emulator.intercept.trust import trusted, write_bundle
from emulator.intercept.variables import variables


def told(**environ: str) -> dict[str, str]:
    paths = Path("/tmp/a b/trusted.pem"), Path("/tmp/a b/trusted.p12")
    return dict(variables("http://127.0.0.1:8088", "127.0.0.1:3128", *paths, environ))


def test_programs_are_told_of_the_proxy_in_every_spelling():
    found = told(NO_PROXY="*")

    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        assert found[name] == "http://127.0.0.1:3128"
    assert found["no_proxy"] == found["NO_PROXY"] == "localhost,127.0.0.1,::1"


def test_what_java_was_told_before_stays():
    found = told(JAVA_TOOL_OPTIONS="-Xmx1g")["JAVA_TOOL_OPTIONS"]

    assert found.startswith("-Xmx1g -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=3128 ")
    assert '"-Djavax.net.ssl.trustStore=/tmp/a b/trusted.p12"' in found


def test_where_python_looked_for_modules_before_it_looks_still():
    assert told(PYTHONPATH="/mine")["PYTHONPATH"].split(os.pathsep)[1:] == ["/mine"]
    assert os.pathsep not in told()["PYTHONPATH"]


def test_whom_the_user_and_the_system_trust_is_trusted_still_and_each_once(tmp_path):
    one = self_signed(tmp_path / "one", []).certificate
    folder = tmp_path / "folder"
    folder.mkdir()
    other = self_signed(folder / "other", []).certificate
    authority = Authority(tmp_path).certificate

    found = trusted(
        {"CURL_CA_BUNDLE": str(one), "SSL_CERT_FILE": str(folder), "REQUESTS_CA_BUNDLE": "gone"},
        authority,
    )

    roots = Path(certifi.where()).read_bytes()
    assert found[0] == authority.strip()
    assert {one.read_bytes().strip(), other.read_bytes().strip()} <= set(found)
    assert sum(each in roots for each in found) == roots.count(b"-----BEGIN CERTIFICATE-----")
    assert len(set(found)) == len(found)


def test_a_bundle_is_read_by_openssl(tmp_path):
    authority = Authority(tmp_path)
    write_bundle([authority.certificate.strip()] * 2, tmp_path / "bundle")

    context = ssl.create_default_context(cafile=tmp_path / "bundle")

    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize("installed", [True, False])
def test_pysocks_is_preferred_to_what_stands_in_for_it(tmp_path, installed):
    if installed:
        (tmp_path / "socks.py").write_text("socksocket = 'PySocks'")
    ours = told(PYTHONPATH=str(tmp_path))["PYTHONPATH"]
    program = "import socks; print(socks.socksocket)"

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": ours},
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
    assert (done.stdout.strip() == "PySocks") is installed
