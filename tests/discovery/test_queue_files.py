"""queue.yaml and queue.xml mean the same, and each mistake is told in one line with its place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from discovery.queue_files import QueueDefinition, QueueFile, QueueFileError, read_queue_file

YAML = """\
total_storage_limit: 120M
queue:
- name: mail
  mode: pull
  retry_parameters:
    task_retry_limit: 7
    task_age_limit: 2d
  acl:
  - user_email: worker@example.com
  - user_email: robot@project.iam.gserviceaccount.com
  - writer_email: web@example.com
- name: default
  rate: 20/s
  bucket_size: 40
  max_concurrent_requests: 10
  target: v2.backend
  retry_parameters:
    min_backoff_seconds: 0.1
    max_backoff_seconds: 3600
    max_doublings: 0
"""

XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<queue-entries{namespace}>
  <total-storage-limit>120M</total-storage-limit>
  <!-- work for the mailer -->
  <queue>
    <name>mail</name>
    <mode>pull</mode>
    <retry-parameters>
      <task-retry-limit>7</task-retry-limit>
      <task-age-limit>2d</task-age-limit>
    </retry-parameters>
    <acl>
      <user-email>worker@example.com</user-email>
      <user-email>robot@project.iam.gserviceaccount.com</user-email>
      <writer-email>web@example.com</writer-email>
    </acl>
  </queue>
  <queue>
    <name>default</name>
    <rate>20/s</rate>
    <bucket-size>40</bucket-size>
    <max-concurrent-requests>10</max-concurrent-requests>
    <target>v2.backend</target>
    <retry-parameters>
      <min-backoff-seconds>0.1</min-backoff-seconds>
      <max-backoff-seconds>3600</max-backoff-seconds>
      <max-doublings>0</max-doublings>
    </retry-parameters>
  </queue>
</queue-entries>
"""

NAMESPACES = ["", ' xmlns="http://appengine.google.com/ns/1.0"']


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read a text as if it stood in queue.yaml, or in another file of the working directory."""
    monkeypatch.chdir(tmp_path)

    def read(text: str | bytes, name: str = "queue.yaml") -> QueueFile:
        Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
        return read_queue_file(name)

    return read


def test_a_yaml_file_is_read_with_its_lines_and_warnings(read):
    assert read(YAML) == QueueFile(
        queues=(
            QueueDefinition(
                name="mail",
                mode="pull",
                task_retry_limit=7,
                user_emails=("worker@example.com", "robot@project.iam.gserviceaccount.com"),
                writer_emails=("web@example.com",),
                has_acl=True,
                line=3,
            ),
            QueueDefinition(name="default", has_acl=False, line=12),
        ),
        warnings=(
            "queue.yaml:7: queue 'mail' is a pull queue: task_age_limit has no effect on it",
        ),
        total_storage_limit=120 * 1024**2,
    )


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_xml_says_the_same_as_yaml(read, namespace):
    from_xml = read(XML.format(namespace=namespace), "queue.xml")

    assert facts(from_xml) == facts(read(YAML))
    assert [queue.line for queue in from_xml.queues] == [5, 18]
    assert from_xml.warnings == (
        "queue.xml:10: queue 'mail' is a pull queue: task-age-limit has no effect on it",
    )


def test_all_that_only_push_queues_have_is_named_on_a_pull_queue(read):
    text = YAML.replace("- name: default", "- name: default\n  mode: pull")

    named = [warning.split(": ")[2].split()[0] for warning in read(text).warnings]

    assert named == [
        "task_age_limit",
        "rate",
        "bucket_size",
        "max_concurrent_requests",
        "target",
        "min_backoff_seconds",
        "max_backoff_seconds",
        "max_doublings",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "queue.yaml"),
        ("# nothing yet\n", "queue.yml"),
        ("queue:\n", "queue.yaml"),
        ("queue: []\n", "queue.yaml"),
        ("\ufeffqueue:\n", "queue.yaml"),
        ("", "queue.xml"),
        ("<queue-entries/>", "queue.xml"),
    ],
)
def test_a_file_may_define_no_queues(read, text, name):
    assert read(text, name) == QueueFile(queues=(), warnings=(), total_storage_limit=None)


@pytest.mark.parametrize("limit", ["0", "", "~"])
def test_a_retry_limit_of_zero_or_nothing_is_no_limit(read, limit):
    text = f"queue:\n- name: a\n  retry_parameters: {{task_retry_limit: {limit}}}\n"

    assert read(text).queues[0].task_retry_limit is None


def test_an_empty_access_list_is_still_one(read):
    yaml = read("queue:\n- name: a\n  acl:\n- name: b\n")
    xml = read(
        "<queue-entries><queue><name>a</name><acl/></queue><queue><name>b</name></queue>"
        "</queue-entries>",
        "queue.xml",
    )

    assert facts(yaml) == facts(xml)
    assert [queue.has_acl for queue in yaml.queues] == [True, False]


@pytest.mark.parametrize(
    ("limit", "size"),
    [("512", 512), ("512B", 512), ("1K", 1024), ("1.5M", 1_572_864), ("2G", 2**31), ("1T", 2**40)],
)
def test_a_storage_limit_is_counted_in_bytes(read, limit, size):
    assert read(f"total_storage_limit: {limit}\n").total_storage_limit == size


def test_an_alias_stands_for_what_it_names(read):
    text = """\
queue:
- {name: a, mode: pull, retry_parameters: &seven {task_retry_limit: 7}}
- {name: b, mode: pull, retry_parameters: *seven}
"""

    assert [queue.task_retry_limit for queue in read(text).queues] == [7, 7]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("queue:\n- nmae: a\n", "2: a queue has no key 'nmae'; did you mean name"),
        ("queues:\n- name: a\n", "1: the file has no key 'queues'; did you mean queue"),
        ("queue:\n- name: a\n  zzz: 1\n", "3: a queue has no key 'zzz'; it can have acl, "),
        ("queue:\n- mode: pull\n", "2: a queue needs a name"),
        ("queue:\n- name: a_b\n", "2: name must be 1 to 100 letters, digits or hyphens, "),
        ('queue:\n- name: "a\\n"\n', "2: name must be 1 to 100 letters, digits or hyphens, "),
        ("queue:\n- name: [a]\n", "2: name must be 1 to 100 letters, digits or hyphens, "),
        ("queue:\n- name: a\n  name: b\n", "3: name is set twice, first on line 2"),
        ("queue:\n- name: a\n\n- name: a\n", "4: queue 'a' is defined twice, first on line 2"),
        ("queue:\n- name: a\n  mode: pul\n", "3: mode must be pull or push, not 'pul'"),
        ("queue: mail\n", "1: queue must be a list, a `- ` before each entry, not 'mail'"),
        ("- name: a\n", "1: the file must be keys and their values, not a list"),
        ("queue:\n- mail\n", "2: a queue must be keys and their values, not 'mail'"),
        ("queue:\n- name: a\n\tmode: pull\n", "3: while scanning for the next token, found "),
        ("a: 1\n---\nb: 2\n", "2: expected a single document in the stream, but found "),
        ("queue:\n- name: a\n  rate: fast\n", "3: rate must be a number per s, m, h or d, "),
        ("total_storage_limit: 5m\n", "1: total_storage_limit must be a number of bytes, or "),
        ("queue:\n\0", "2: YAML allows no character '\\x00'"),
        ("? [a]\n: b\n", "1: a key must be a single word"),
        ("queue: &q [*q]\n", "1: nested too deeply"),
        ("[" * 100_000, " nested too deeply"),
    ],
)
def test_a_mistake_in_yaml_is_one_line_with_its_place(read, text, complaint):
    assert complaint_about(read, text).startswith(f"queue.yaml:{complaint}")


@pytest.mark.parametrize("limit", ["seven", "-1", "1.5", "true", "[7]", "9999999999"])
def test_a_retry_limit_must_be_a_whole_number(read, limit):
    text = f"queue:\n- name: a\n  retry_parameters:\n    task_retry_limit: {limit}\n"

    assert complaint_about(read, text).startswith(
        "queue.yaml:4: task_retry_limit must be a whole number"
    )


@pytest.mark.parametrize(
    ("acl", "complaint"),
    [
        ("[{user_email: nobody}]", "user_email must be an email address, such as "),
        ("[{admin_email: a@b}]", "an acl entry has no key 'admin_email'; did you mean "),
        ("[a@b]", "an acl entry must be keys and their values, not 'a@b'"),
        ("{user_email: a@b}", "acl must be a list, a `- ` before each entry, not "),
    ],
)
def test_a_mistake_in_an_access_list_is_told(read, acl, complaint):
    text = f"queue:\n- name: a\n  acl: {acl}\n"

    assert complaint_about(read, text).startswith(f"queue.yaml:3: {complaint}")


@pytest.mark.parametrize(
    ("queue", "complaint"),
    [
        ("<nmae>a</nmae>", "3: a queue has no key 'nmae'; did you mean name"),
        ("<name>a</name>\n<bucket_size>5</bucket_size>", "4: a queue has no key 'bucket_size'; "),
        ("<name>a</name>\n<name>b</name>", "4: name is set twice, first on line 3"),
        ("<name>a</name></queue>\n<queue><name>a</name>", "4: queue 'a' is defined twice, first "),
        ("<name>a</name>\n<mode>pul</mode>", "4: mode must be pull or push, not 'pul'"),
        ("<mode>pull</mode>", "2: a queue needs a name"),
        ("<name>a</name>\n<acl>a@b</acl>", "4: <acl> must hold elements, not the text 'a@b'"),
        ("<name id='a'/>", "3: <name> has an attribute, id; write <id> inside it instead"),
        ("<name>a</mode>", "3: mismatched tag"),
        ("<name>&me;</name>", "3: undefined entity"),
        ("<x>" * 10_000, "3: nested too deeply"),
        (
            "<name>a</name><retry-parameters>\n<task-retry>7</task-retry></retry-parameters>",
            "4: retry-parameters has no key 'task-retry'; did you mean task-retry-limit",
        ),
    ],
)
def test_a_mistake_in_xml_is_one_line_with_its_place(read, queue, complaint):
    text = f"<queue-entries>\n<queue>\n{queue}</queue></queue-entries>"

    assert complaint_about(read, text, "queue.xml").startswith(f"queue.xml:{complaint}")


def test_a_doctype_is_refused_before_it_can_declare_anything(read):
    text = '<!DOCTYPE bomb [<!ENTITY a "aaaa">]>\n<queue-entries>&a;</queue-entries>'

    assert complaint_about(read, text, "queue.xml") == (
        "queue.xml:1: a DOCTYPE is not allowed here; remove it"
    )


def test_another_root_element_is_refused(read):
    assert complaint_about(read, "<queues/>", "queue.xml") == (
        "queue.xml:1: the root element must be <queue-entries>, not <queues>"
    )


def test_aliases_of_aliases_take_no_time(read):
    levels = "".join(
        f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 20)}]\n" if n else "l0: &l0 [x]\n"
        for n in range(100)
    )

    assert "has no key 'l0'" in complaint_about(read, levels)


@pytest.mark.parametrize("name", ["queue.yaml", "queue.xml"])
def test_a_file_in_another_encoding_is_told_with_the_line(read, name):
    text = "queue:\n# caf\u00e9\n".encode("latin-1")

    assert complaint_about(read, text, name) == (
        f"{name}:2: not UTF-8: save the file in that encoding"
    )


def test_a_missing_file_a_folder_and_an_unknown_suffix_are_told(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    complaints = {
        "missing.yaml": "cannot be read: No such file or directory",
        "folder.yaml": "cannot be read: Is a directory",
        "queue.json": "a queue file is called .yaml, .yml or .xml",
    }

    for name, complaint in complaints.items():
        with pytest.raises(QueueFileError) as caught:
            read_queue_file(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {complaint}"


def test_the_error_carries_what_it_says(read):
    with pytest.raises(QueueFileError) as caught:
        read("queue:\n- mode: pull\n")

    error = caught.value
    assert (error.path, error.line, error.problem) == ("queue.yaml", 2, "a queue needs a name")
    assert error.__suppress_context__


def test_without_pyyaml_the_error_says_what_to_install(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(sys.modules, "discovery.queue_yaml", raising=False)

    assert complaint_about(read, "queue:\n") == (
        'queue.yaml: reading YAML needs PyYAML: pip install "taskqueue-sdk[emulator]"'
    )
    assert read(XML.format(namespace=""), "queue.xml").queues


def complaint_about(read, text: str | bytes, name: str = "queue.yaml") -> str:
    with pytest.raises(QueueFileError) as caught:
        read(text, name)
    complaint = str(caught.value)
    assert "\n" not in complaint
    return complaint


def facts(file: QueueFile):
    """All that does not depend on where it stands."""
    queues = [
        (q.name, q.mode, q.task_retry_limit, q.user_emails, q.writer_emails, q.has_acl)
        for q in file.queues
    ]
    return queues, len(file.warnings), file.total_storage_limit
