"""``tq migrate rewrite``: what is printed, what is written, and what stays as it is."""

from __future__ import annotations

import os
import stat

import pytest

PROGRAM = """\
from googleapiclient.discovery import build

service = build("taskqueue", "v1beta2")  # connect
service.tasks().delete(project="p", taskqueue="q", task="t").execute()
"""
REWRITTEN = """\
from tqsdk import Client

service = Client("p")  # connect
service.queue("q").delete("t")
"""


def test_a_diff_is_printed_and_nothing_is_written(migrate, write):
    path = write("a.py", PROGRAM)

    done = migrate("rewrite", ".", "--to", "tqsdk")

    assert done.code == 1
    assert done.lines[:2] == ["--- a.py", "+++ a.py"]
    assert '+service.queue("q").delete("t")' in done.lines
    assert path.read_text() == PROGRAM


def test_with_write_the_files_are_changed_and_named(migrate, write):
    path = write("a.py", PROGRAM)
    path.chmod(0o755)

    done = migrate("rewrite", ".", "--to", "tqsdk", "--write")

    assert (done.code, done.lines) == (0, ["a.py"])
    assert path.read_text() == REWRITTEN
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert os.listdir(path.parent) == ["a.py"]
    assert migrate("rewrite", ".", "--to", "tqsdk").code == 0


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("first", "encoding"),
    [("", "utf-8"), ("", "utf-8-sig"), ("# coding: latin-1\n", "latin-1")],
)
def test_encodings_and_line_ends_stay(migrate, write, ending, first, encoding):
    text = f"{first}name = 'é'\n{PROGRAM}".replace("\n", ending)
    path = write("a.py", text.encode(encoding))

    migrate("rewrite", ".", "--to", "compat", "--write")

    changed = text.replace("googleapiclient.discovery", "tqsdk.compat.googleapi")
    assert path.read_bytes() == changed.encode(encoding)


def test_what_is_left_for_people_is_told(migrate, write):
    write("a.py", PROGRAM.replace(".execute()", ".execute(http=None)"))
    write("b.py", PROGRAM + "print 'x'\n")

    done = migrate("rewrite", ".", "--to", "tqsdk")

    assert "+# TQM023: what is given to `execute` is an affair of the client now" in done.lines
    assert done.err.splitlines() == [
        "tq: 1 notes are left for you: look for `# TQM`",
        "tq: b.py:1:1: left as it is: this is Python 2, which is not rewritten",
    ]


def test_compat_code_goes_on_to_tqsdk(migrate, write):
    path = write("a.py", PROGRAM)

    migrate("rewrite", ".", "--to", "compat", "--write")
    migrate("rewrite", ".", "--to", "tqsdk", "--write")

    assert path.read_text() == REWRITTEN


@pytest.mark.parametrize(
    "line",
    [
        "print(service.tasks().list(project='p', taskqueue='q').execute())",
        "x = [service.tasks().list(project='p', taskqueue='q').execute()]",
        "x: dict = service.tasks().get(project='p', taskqueue='q', task='t').execute()",
        "if service.tasks().list(project='p', taskqueue='q').execute(): pass",
        "len(service.tasks().list(project='p', taskqueue='q').execute())",
        "service.tasks().get(project='p', taskqueue='q', task='t').execute()['leaseTimestamp']",
        "service.tasks().get(project='p', taskqueue='q', task='t').execute().get('tag', '')",
        "service.tasks().get(project='p', taskqueue='q', task='t', fields='id').execute()",
        "service.tasks().list(project='other', taskqueue='q').execute()",
        "service.tasks().lease("
        "project='p', taskqueue='q', numTasks=1, leaseSecs=1, tag='t').execute()",
        "for t in service.tasks().list(project='p', taskqueue='q').execute()['items'][:5]: t['id']",
        "def f():\n    return service.tasks().list(project='p', taskqueue='q').execute()",
        "service.tasks().get(project='p', taskqueue='q', task='t').execute()['tag'] += 'x'",
        "try:\n    service.tasks().list(project='p', taskqueue='q').execute()['items']\n"
        "except KeyError:\n    print('nothing')",
        "b = {'payloadBase64': 'YQ=='}\nname = b\n"
        "service.tasks().insert(project='p', taskqueue='q', body=b).execute()",
        "import socket\ntry:\n    service.tasks().list(project='p', taskqueue='q').execute()\n"
        "except socket.error:\n    pass",
        "from googleapiclient.errors import HttpError\nprint(issubclass(HttpError, OSError))",
        "drive = build('drive', 'v3')\nfrom googleapiclient.errors import HttpError\ntry:\n"
        "    service.tasks().list(project='p', taskqueue='q').execute()\nexcept HttpError: pass",
        "service._http.close()",
        "f = service.tasks().list",
        "def f(a):\n    return a['tag']\n"
        "f(service.tasks().get(project='p', taskqueue='q', task='t').execute())\nf({'tag': 1})",
    ],
)
def test_what_is_not_certain_is_left_with_a_note(migrate, write, line):
    write("a.py", f"{PROGRAM}{line}\n")

    done = migrate("rewrite", ".", "--to", "tqsdk")

    assert [each for each in done.lines if each.startswith("-") and each != "--- a.py"] == []
    assert any(each.lstrip("+ ").startswith("# TQM0") for each in done.lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '"""Doc."""\ndef f():\n    from apiclient.discovery import build\n'
            '    return build("taskqueue", "v1beta2")\nimport os\nprint(os.name)\n',
            '"""Doc."""\nfrom tqsdk.compat import googleapi\ndef f():\n'
            "    from apiclient.discovery import build\n"
            '    return googleapi.build("taskqueue", "v1beta2")\nimport os\nprint(os.name)\n',
        ),
        (
            "import os\nimport googleapiclient.discovery, sys\nprint(os.name, sys.argv)\n"
            's = googleapiclient.discovery.build("taskqueue", "v1beta2")\n',
            "import os\nfrom tqsdk.compat import googleapi\nimport sys\n"
            'print(os.name, sys.argv)\ns = googleapi.build("taskqueue", "v1beta2")\n',
        ),
        (
            "import functools\nfrom googleapiclient.discovery import build\n"
            'd = build("drive", "v3")\nt = build("taskqueue", "v1beta2")\n',
            "import functools\nfrom googleapiclient.discovery import build\n"
            'from tqsdk.compat import googleapi\nd = build("drive", "v3")\n'
            't = googleapi.build("taskqueue", "v1beta2")\n',
        ),
    ],
)
def test_the_import_comes_where_it_can_be_used_and_other_uses_keep_theirs(
    migrate, write, before, after
):
    path = write("a.py", before)

    migrate("rewrite", ".", "--to", "compat", "--write")

    assert path.read_text() == after


def test_programs_that_share_a_service_change_together_or_not_at_all(migrate, write):
    write("connect.py", PROGRAM)
    user = "from connect import service\nprint(service.{}(project='p', taskqueue='q'){})\n"
    write("user.py", user.format("tasks().list", ".execute()"))

    lines = migrate("rewrite", ".", "--to", "tqsdk").lines

    assert [each for each in lines if each[0] == "-" and each[:3] != "---"] == []
    assert any("left as it is, because user.py is" in each for each in lines)
    write(
        "user.py",
        "from connect import service\nprint(len(service.tasks()"
        ".list(project='p', taskqueue='q').execute()['items']))\n",
    )
    assert migrate("rewrite", ".", "--to", "tqsdk", "--write").lines == ["connect.py", "user.py"]
