"""``tq migrate queues``: the definitions that come out, compared with files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from discovery.queue_files import read_queue_file
from tqsdk.migrate.queues.conversion import TARGETS, convert

HERE = Path(__file__).parent / "queues"
SUFFIXES = {"tq": "yaml", "postgres": "sql", "terraform": "tf", "gcloud": "sh"}


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.chdir(HERE)


def converted(to: str):
    return convert("queue.yaml", to, project="my-app", location="europe-west1")


@pytest.mark.parametrize("to", TARGETS)
def test_the_definition_is_as_expected(to):
    wanted = (HERE / f"{to}.{SUFFIXES.get(to, 'json')}").read_text()

    assert converted(to).text == wanted


@pytest.mark.parametrize("to", TARGETS)
def test_what_has_no_equal_is_told_as_expected(to):
    wanted = json.loads((HERE / "notes.json").read_text())

    assert list(converted(to).notes) == wanted[to]


def test_our_own_file_reads_as_the_one_it_was_made_of(tmp_path):
    path = tmp_path / "queue.yaml"
    path.write_text(converted("tq").text)

    before, after = read_queue_file(HERE / "queue.yaml"), read_queue_file(path)

    def told(file):
        return [
            (each.name, each.mode, each.task_retry_limit, each.user_emails, each.writer_emails)
            for each in file.queues
            if each.mode == "pull"
        ]

    assert told(after) == told(before)
    assert after.total_storage_limit == before.total_storage_limit
    assert after.warnings == ()
    assert yaml.safe_load(converted("tq").text)["queue"][2]["acl"] == []


def test_xml_is_read_too(tmp_path):
    path = tmp_path / "queue.xml"
    path.write_text("<queue-entries><queue><name>q</name><mode>pull</mode></queue></queue-entries>")

    done = convert(path, "pubsub", project="p", location="")

    assert json.loads(done.text)["topics"] == [{"name": "projects/p/topics/tq-q"}]


def test_a_project_is_needed_where_names_have_it(migrate, write):
    write("queue.yaml", "queue:\n- name: mail\n  mode: pull\n")

    done = migrate("queues", "queue.yaml", "--to", "pubsub")

    assert done.code == 2
    assert "give --project" in done.err
    assert migrate("queues", "queue.yaml", "--to", "tq").code == 0


def test_a_bad_file_is_told_with_its_line(migrate, write):
    write("queue.yaml", "queue:\n- nome: mail\n")

    done = migrate("queues", "queue.yaml", "--to", "tq")

    assert done.code == 2
    assert done.err.startswith("tq: queue.yaml:2: a queue has no key 'nome'")
