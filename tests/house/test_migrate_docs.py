"""docs/migrate.md has the rules and the lacks as the code has them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tqsdk.migrate import rules, targets

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/migrate.md"


def test_the_table_of_rules_is_that_of_the_code():
    assert rules.table() in PAGE.read_text(encoding="utf-8")


def test_the_table_of_lacks_is_that_of_the_code():
    assert targets.table() in PAGE.read_text(encoding="utf-8")


def test_every_rule_that_the_code_names_is_there():
    named = {
        found
        for file in (ROOT / "tqsdk/migrate").rglob("*.py")
        for found in re.findall(r'"(TQM\d{3})"', file.read_text(encoding="utf-8"))
    }

    assert named == set(rules.RULES)


def test_nothing_loads_what_reads_programs_but_the_commands_for_it():
    code = "import sys, tqsdk, tqsdk.aio, tqsdk.cli.root; print(*sorted(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = done.stdout.split()
    assert "tqsdk.cli.migrate" in loaded
    assert [each for each in loaded if each.split(".")[0] in ("libcst", "ast_grep_py")] == []
    assert [each for each in loaded if each.startswith("tqsdk.migrate")] == []
