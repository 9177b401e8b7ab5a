"""The JSON files are the bytes that README.md says they are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import discovery
from discovery.contract import VERSIONS, directory, load

FOLDER = Path(discovery.__file__).parent


def test_every_document_has_the_digest_that_the_readme_gives():
    readme = (FOLDER / "README.md").read_text()
    written = {
        file: digest for digest, file in re.findall(r"^([0-9a-f]{64})  (\S+)$", readme, re.M)
    }

    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in FOLDER.glob("*.json")
        if file.name != "emulator.v1.json"  # ours, and so it changes
    }

    assert written == found


def test_the_directory_lists_the_versions_there_are_and_nothing_of_ours():
    listing = directory()

    assert [item["version"] for item in listing["items"]] == list(VERSIONS)
    assert set(listing) == {"kind", "discoveryVersion", "items"}


def test_a_changed_directory_does_not_change_the_next():
    listing = directory()
    listing["items"].clear()

    assert len(directory()["items"]) == len(VERSIONS)


def test_a_contract_keeps_the_bytes_it_was_read_from():
    assert load().document == (FOLDER / "taskqueue.v1beta2.json").read_bytes()
