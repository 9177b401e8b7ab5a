"""HTTPS, over a real socket: a certificate that is given, and one that is made."""

from __future__ import annotations

import re
import socket
import ssl
import stat
import subprocess
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from emulator.auth import certificate as certificates
from emulator.auth.certificate import Certificate, check_pair, self_signed
from emulator.config import SettingsError
from tests.emulator.auth.running import COMMAND, a_server, clean_environment


def test_a_made_certificate_is_trusted_by_who_is_told_of_it(tmp_path):
    with a_server("--tls-self-signed", "--store", "sqlite:///my.db", folder=tmp_path) as url:
        trusted = tmp_path / "my.db.crt"

        assert url.startswith("https://127.0.0.1:")
        assert str(trusted) in (tmp_path / "stderr").read_text()
        assert requests.get(f"{url}/readyz", verify=str(trusted), timeout=10).ok
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{url}/readyz", timeout=10)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(tmp_path, version):
    with a_server("--tls-self-signed", "--store", "sqlite:///my.db", folder=tmp_path) as url:
        context = ssl.create_default_context(cafile=tmp_path / "my.db.crt")
        # What Python asks for from 3.13 on.
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.minimum_version = context.maximum_version = version
        address = urlsplit(url)
        with (
            socket.create_connection((address.hostname, address.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            assert secure.version() == version.name.replace("_", ".")


def test_a_server_in_memory_keeps_its_certificate_in_a_folder_that_goes_with_it(tmp_path):
    arguments = ("--tls-self-signed", "--store", "sqlite://")

    with a_server(*arguments, folder=tmp_path) as url:
        said = re.search(r"clients must trust (.*)", (tmp_path / "stderr").read_text())
        assert said is not None
        assert requests.get(f"{url}/readyz", verify=said[1], timeout=10).ok

    assert not Path(said[1]).exists()


def test_a_given_certificate_is_served_and_wait_trusts_it_by_ca(tmp_path):
    pair = self_signed(tmp_path / "given", [])
    arguments = ("--tls-cert", "given.crt", "--tls-key", "given.key", "--store", "sqlite://")

    with a_server(*arguments, folder=tmp_path) as url:
        done = {
            trust: subprocess.run(
                [COMMAND, "wait", "--url", url, "--timeout", "0", *trust],
                env=clean_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            for trust in ((), ("--ca", str(pair.certificate)))
        }

    assert done["--ca", str(pair.certificate)].returncode == 0
    assert done[()].returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in done[()].stderr


def test_a_made_key_is_for_its_owner_alone(tmp_path):
    made = self_signed(tmp_path / "x", [])

    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600


def test_a_made_certificate_is_used_again_while_it_is_good(tmp_path, monkeypatch):
    first = self_signed(tmp_path / "x", ["emulator"]).certificate.read_bytes()

    assert self_signed(tmp_path / "x", ["emulator"]).certificate.read_bytes() == first
    assert self_signed(tmp_path / "x", ["0.0.0.0"]).certificate.read_bytes() == first
    assert self_signed(tmp_path / "x", ["other"]).certificate.read_bytes() != first


def test_a_certificate_about_to_expire_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "_LIFE", timedelta(days=6))
    first = self_signed(tmp_path / "x", []).certificate.read_bytes()

    assert self_signed(tmp_path / "x", []).certificate.read_bytes() != first


def test_a_key_of_another_certificate_is_refused(tmp_path):
    one, other = self_signed(tmp_path / "one", []), self_signed(tmp_path / "other", [])

    with pytest.raises(SettingsError, match="no certificate in PEM with its key"):
        check_pair(Certificate(one.certificate, other.key))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none/x\.key: cannot be written"):
        self_signed(tmp_path / "none/x", [])
