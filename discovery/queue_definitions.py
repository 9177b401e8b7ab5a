"""What the tree of a queue file means: the rules, shared by YAML and XML.

Every key of Google's format is accepted and checked; what only push queues have is then ignored.
An unknown key is an error, since a misspelt ``task_retry_limit`` would be noticed too late.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from reprlib import repr as shortened

from discovery.queue_tree import Items, Member, Members, Mistake, Node, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDefinition:
    """One queue of the file.

    Attributes:
        mode: ``pull`` or ``push``.
        task_retry_limit: How many leases a task gets; None if there is no limit.
        user_emails: Who may list, get, lease, update and delete tasks.
        writer_emails: Who may insert tasks.
        has_acl: Whether the file has an access list for the queue, be it an empty one.
        line: Where the queue's definition begins.
    """

    name: str
    mode: str = "push"
    task_retry_limit: int | None = None
    user_emails: tuple[str, ...] = ()
    writer_emails: tuple[str, ...] = ()
    has_acl: bool
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFile:
    """What a file says.

    Attributes:
        warnings: One line each: what the file sets without effect.
        total_storage_limit: In bytes.
    """

    queues: tuple[QueueDefinition, ...]
    warnings: tuple[str, ...]
    total_storage_limit: int | None


def definitions(root: Node, *, path: str, spell: Callable[[str], str]) -> QueueFile:
    """Read the queues out of a file's tree.

    Args:
        path: What warnings call the file.
        spell: How the format spells a key of YAML's.

    Raises:
        Mistake: The tree says something that no queue can be.
    """
    return _Reading(path, spell).file(root)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a value may look like, and the words that say so."""

    pattern: re.Pattern[str]
    words: str


_ANY = _Shape(re.compile(r".+", re.DOTALL), "a text")
_NAME = _Shape(re.compile(r"[a-zA-Z0-9-]{1,100}"), "1 to 100 letters, digits or hyphens")
_MODE = _Shape(re.compile(r"pull|push"), "pull or push")
_COUNT = _Shape(re.compile(r"[0-9]{1,9}"), "a whole number of at most 9 digits, such as 7")
_EMAIL = _Shape(re.compile(r"\S+@\S+"), "an email address, such as worker@example.com")
_SIZE = _Shape(
    re.compile(r"[0-9]{1,18}|[0-9]{1,18}(\.[0-9]*)?[BKMGT]"),
    "a number of bytes, or a number and one of B, K, M, G and T, such as 120M",
)
_RATE = _Shape(re.compile(r"0|[0-9]+(\.[0-9]*)?/[smhd]"), "a number per s, m, h or d, such as 20/s")
_AGE = _Shape(re.compile(r"[0-9]+(\.[0-9]*)?[smhd]"), "a number of s, m, h or d, such as 2d")
_SECONDS = _Shape(
    re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?"), "a number of seconds, such as 0.5"
)
_SWITCH = _Shape(re.compile(r"true|false|yes|no|on|off", re.IGNORECASE), "true or false")

_PUSH_KEYS = {
    "rate": _RATE,
    "bucket_size": _COUNT,
    "max_concurrent_requests": _COUNT,
    "target": _ANY,
}
_PUSH_RETRY_KEYS = {
    "task_age_limit": _AGE,
    "min_backoff_seconds": _SECONDS,
    "max_backoff_seconds": _SECONDS,
    "max_doublings": _COUNT,
}
_FILE_KEYS = {"total_storage_limit", "queue", "application", "resume_paused_queues"}
_QUEUE_KEYS = {"name", "mode", "retry_parameters", "acl", *_PUSH_KEYS}
_RETRY_KEYS = {"task_retry_limit", *_PUSH_RETRY_KEYS}
_ACL_KEYS = {"user_email", "writer_email"}


class _Reading:
    """One reading of one file: the rules, in the order of the file's levels."""

    def __init__(self, path: str, spell: Callable[[str], str]) -> None:
        self._path = path
        self._spell = spell
        self._warnings: list[str] = []

    def file(self, root: Node) -> QueueFile:
        found = self._members(root, "the file", _FILE_KEYS)
        limit = self._value(found.get("total_storage_limit"), _SIZE)
        self._value(found.get("application"), _ANY)
        self._value(found.get("resume_paused_queues"), _SWITCH)
        queues = tuple(self._queue(node) for node in self._items(found.get("queue")))
        _refuse_duplicates(queues)
        return QueueFile(
            queues=queues,
            warnings=tuple(self._warnings),
            total_storage_limit=_bytes(limit) if limit else None,
        )

    def _queue(self, node: Node) -> QueueDefinition:
        found = self._members(node, "a queue", _QUEUE_KEYS)
        name = self._value(found.get("name"), _NAME)
        if name is None:
            raise Mistake(node.line, "a queue needs a name")
        mode = self._value(found.get("mode"), _MODE) or "push"
        retry = self._retry(found.get("retry_parameters"))
        retry_limit = self._value(retry.get("task_retry_limit"), _COUNT)
        self._push_only(found, _PUSH_KEYS, name, mode)
        self._push_only(retry, _PUSH_RETRY_KEYS, name, mode)
        acl = [pair for item in self._items(found.get("acl")) for pair in self._acl_entry(item)]
        return QueueDefinition(
            name=name,
            mode=mode,
            # A queue whose tasks can never be leased is of no use: 0 means no limit.
            task_retry_limit=int(retry_limit or 0) or None,
            user_emails=tuple(email for key, email in acl if key == "user_email"),
            writer_emails=tuple(email for key, email in acl if key == "writer_email"),
            has_acl="acl" in found,
            line=node.line,
        )

    def _retry(self, member: Member | None) -> Mapping[str, Member]:
        if member is None:
            return {}
        return self._members(member.value, self._spell(member.key), _RETRY_KEYS)

    def _acl_entry(self, node: Node) -> Iterator[tuple[str, str]]:
        for key, member in self._members(node, "an acl entry", _ACL_KEYS).items():
            if email := self._value(member, _EMAIL):
                yield key, email

    def _push_only(
        self, found: Mapping[str, Member], shapes: Mapping[str, _Shape], queue: str, mode: str
    ) -> None:
        """Check what only push queues have, and warn where a pull queue has it."""
        for member in (found[key] for key in found if key in shapes):
            self._value(member, shapes[member.key])
            if mode == "pull":
                self._warnings.append(
                    f"{self._path}:{member.line}: queue {queue!r} is a pull queue: "
                    f"{self._spell(member.key)} has no effect on it"
                )

    def _members(self, node: Node, what: str, known: AbstractSet[str]) -> Mapping[str, Member]:
        """The members by key; each key known, and there once."""
        if _is_empty(node):
            return {}
        if not isinstance(node, Members):
            raise Mistake(node.line, f"{what} must be keys and their values, not {_kind(node)}")
        found: dict[str, Member] = {}
        for member in node.members:
            if member.key not in known:
                raise self._unknown(member, what, known)
            if earlier := found.get(member.key):
                raise Mistake(
                    member.line,
                    f"{self._spell(member.key)} is set twice, first on line {earlier.line}",
                )
            found[member.key] = member
        return found

    def _unknown(self, member: Member, what: str, known: AbstractSet[str]) -> Mistake:
        near = get_close_matches(member.key, sorted(known), n=1)
        hint = "did you mean" if near else "it can have"
        keys = ", ".join(self._spell(key) for key in near or sorted(known))
        return Mistake(
            member.line, f"{what} has no key {shortened(self._spell(member.key))}; {hint} {keys}"
        )

    def _items(self, member: Member | None) -> tuple[Node, ...]:
        if member is None or _is_empty(member.value):
            return ()
        if not isinstance(member.value, Items):
            raise Mistake(
                member.value.line,
                f"{self._spell(member.key)} must be a list, a `- ` before each entry, "
                f"not {_kind(member.value)}",
            )
        return member.value.items

    def _value(self, member: Member | None, shape: _Shape) -> str | None:
        """The text of a member; None where it is absent or empty, which to Google is the same."""
        if member is None or _is_empty(member.value):
            return None
        node, key = member.value, self._spell(member.key)
        if not isinstance(node, Text) or not shape.pattern.fullmatch(node.text):
            raise Mistake(node.line, f"{key} must be {shape.words}, not {_kind(node)}")
        return node.text


def _is_empty(node: Node) -> bool:
    return isinstance(node, Text) and not node.text


def _kind(node: Node) -> str:
    if isinstance(node, Text):
        return shortened(node.text)
    return "a list" if isinstance(node, Items) else "keys and their values"


def _bytes(size: str) -> int:
    if size.isdecimal():
        return int(size)
    return int(Decimal(size[:-1]) * 1024 ** "BKMGT".index(size[-1]))


def _refuse_duplicates(queues: tuple[QueueDefinition, ...]) -> None:
    lines: dict[str, int | None] = {}
    for queue in queues:
        if queue.name in lines:
            raise Mistake(
                queue.line,
                f"queue {queue.name!r} is defined twice, first on line {lines[queue.name]}",
            )
        lines[queue.name] = queue.line
