"""Every kind of finding: what it is, what to do about it, how much work that is.

``docs/migrate.md`` has the same table; ids are never used for something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Effort(Enum):
    """How much work one place is, in minutes of a programmer who knows the program.

    Attributes:
        NONE: It goes by itself when the rest is done.
        REWRITE: ``tq migrate rewrite`` does it; somebody has to look at the result.
        SMALL: A change that is plain.
        MEDIUM: A change that has to be thought about and tested.
        LARGE: A part of the program has to be written anew.
    """

    NONE = 0
    REWRITE = 5
    SMALL = 15
    MEDIUM = 60
    LARGE = 240


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding.

    Attributes:
        id: ``TQM`` and three digits: 0 REST from Python, 1 App Engine from Python, 2 other
            languages, 3 configuration, 9 what could not be read.
        title: What it is.
        advice: What to do.
    """

    id: str
    title: str
    advice: str
    effort: Effort


_AS_BEFORE = "`queue.{0}` of tqsdk; by `rewrite`"

_LIST = (
    Rule("TQM001", "import of Google's client", "`rewrite --to compat` swaps it", Effort.REWRITE),
    Rule(
        "TQM002",
        "a service of taskqueue is built",
        "`Client(project)` of tqsdk, or `build` of tqsdk.compat",
        Effort.REWRITE,
    ),
    Rule(
        "TQM003",
        "a service is built from a discovery document",
        "`build` of tqsdk.compat.googleapi, which brings the document",
        Effort.SMALL,
    ),
    Rule(
        "TQM004",
        "`requestBuilder=` or `model=` of a service",
        "say with hooks or codecs of tqsdk what it does; compat.googleapi keeps it",
        Effort.MEDIUM,
    ),
    Rule(
        "TQM005",
        "credentials for the API",
        "`credentials=` or `token=` of tqsdk; oauth2client is no longer maintained",
        Effort.SMALL,
    ),
    Rule(
        "TQM006",
        "the API's OAuth scope",
        "our server takes any scope; other targets have theirs",
        Effort.NONE,
    ),
    Rule("TQM010", "a task is inserted", _AS_BEFORE.format("insert"), Effort.REWRITE),
    Rule("TQM011", "tasks are leased", _AS_BEFORE.format("lease"), Effort.REWRITE),
    Rule("TQM012", "tasks are leased by tag", _AS_BEFORE.format("lease"), Effort.REWRITE),
    Rule(
        "TQM013",
        "tasks are looked at by a lease of 0 seconds",
        "`queue.list` or `queue.get`, which do not count as leases",
        Effort.SMALL,
    ),
    Rule("TQM014", "a lease is renewed", "`lease.renew`; by `rewrite`", Effort.REWRITE),
    Rule("TQM015", "a lease is renewed with patch", "`lease.renew`; by `rewrite`", Effort.REWRITE),
    Rule("TQM016", "a lease is given back", "`lease.release`; by `rewrite`", Effort.REWRITE),
    Rule("TQM017", "a task is deleted", _AS_BEFORE.format("delete"), Effort.REWRITE),
    Rule("TQM018", "a task is fetched", _AS_BEFORE.format("get"), Effort.REWRITE),
    Rule("TQM019", "tasks are listed", _AS_BEFORE.format("list"), Effort.REWRITE),
    Rule("TQM020", "a queue is described", _AS_BEFORE.format("info"), Effort.REWRITE),
    Rule("TQM021", "a queue's figures", _AS_BEFORE.format("stats"), Effort.REWRITE),
    Rule(
        "TQM022",
        "a request is executed later",
        "a `functools.partial` of the method; by `rewrite`",
        Effort.REWRITE,
    ),
    Rule(
        "TQM023",
        "something of the API's is used where its use cannot be followed (only in notes)",
        "decide what is to become of it, or stay with compat",
        Effort.MEDIUM,
    ),
    Rule("TQM024", "how often a task was leased", "`lease.retry_count`", Effort.REWRITE),
    Rule("TQM025", "a payload in base64", "`lease.payload`, which is bytes", Effort.REWRITE),
    Rule(
        "TQM026",
        "errors of Google's client are caught",
        "errors of tqsdk say what happened; compat raises the same as before",
        Effort.SMALL,
    ),
    Rule(
        "TQM027",
        "the server's word for too many calls",
        "`RateLimitedError`; tqsdk waits and repeats by itself",
        Effort.SMALL,
    ),
    Rule(
        "TQM030",
        "a URL of the API",
        "send the same to our server: only the host changes",
        Effort.SMALL,
    ),
    Rule("TQM101", "import of App Engine's taskqueue", "goes with the last use", Effort.NONE),
    Rule("TQM102", "a queue of App Engine's", "`client.queue(name)`", Effort.SMALL),
    Rule("TQM103", "a pull task is made", "the arguments of `queue.insert`", Effort.SMALL),
    Rule(
        "TQM104",
        "pull tasks are added",
        "`queue.insert`, or `queue.insert_many` for a list",
        Effort.SMALL,
    ),
    Rule("TQM105", "tasks are leased", "`queue.lease`", Effort.SMALL),
    Rule(
        "TQM106", "tasks are leased by tag", "`queue.lease(tag=)` or `group_by_tag`", Effort.SMALL
    ),
    Rule(
        "TQM107",
        "tasks are looked at by a lease of 0 seconds",
        "`queue.list` or `queue.get`, which do not count as leases",
        Effort.MEDIUM,
    ),
    Rule("TQM108", "a lease is renewed", "`lease.renew`", Effort.SMALL),
    Rule("TQM109", "a lease is given back", "`lease.release`", Effort.SMALL),
    Rule("TQM110", "tasks are deleted", "`lease.delete`, or `queue.delete_many`", Effort.SMALL),
    Rule("TQM111", "tasks are deleted by name", "`queue.delete_many`", Effort.SMALL),
    Rule("TQM112", "a queue's figures", "`queue.stats`", Effort.SMALL),
    Rule("TQM113", "a queue is emptied", "delete what `queue.lease_iter` gives", Effort.SMALL),
    Rule(
        "TQM114",
        "a call that is waited for later",
        "`AsyncClient`, or a thread; App Engine's RPCs end with App Engine",
        Effort.MEDIUM,
    ),
    Rule("TQM115", "errors of App Engine's are caught", "errors of tqsdk", Effort.SMALL),
    Rule("TQM116", "a payload is read as a form", "`lease.form()`", Effort.SMALL),
    Rule(
        "TQM117",
        "a task is added in a transaction of the datastore",
        "write the task beside the data, and insert it afterwards (an outbox)",
        Effort.LARGE,
    ),
    Rule(
        "TQM118",
        "a queue of which it is not known whether it is a pull queue",
        "scan together with queue.yaml, or look for yourself",
        Effort.SMALL,
    ),
    Rule("TQM201", "a library of the API, in Java", "its root URL is a setting", Effort.SMALL),
    Rule("TQM202", "a call of the API, in Java", "as before, against our server", Effort.SMALL),
    Rule("TQM203", "App Engine's pull queues, in Java", "the API's REST client", Effort.MEDIUM),
    Rule("TQM211", "a library of the API, in Go", "its BasePath is a setting", Effort.SMALL),
    Rule("TQM212", "a call of the API, in Go", "as before, against our server", Effort.SMALL),
    Rule("TQM213", "App Engine's pull queues, in Go", "the API's REST client", Effort.MEDIUM),
    Rule("TQM221", "a library of the API, in PHP", "its rootUrl is a setting", Effort.SMALL),
    Rule("TQM222", "a call of the API, in PHP", "as before, against our server", Effort.SMALL),
    Rule("TQM231", "a library of the API, in JavaScript", "rootUrl is a setting", Effort.SMALL),
    Rule(
        "TQM232", "a call of the API, in JavaScript", "as before, against our server", Effort.SMALL
    ),
    Rule("TQM241", "a library of the API, in Ruby", "its root_url is a setting", Effort.SMALL),
    Rule("TQM242", "a call of the API, in Ruby", "as before, against our server", Effort.SMALL),
    Rule(
        "TQM301",
        "a pull queue is defined",
        "our server reads the file; `tq migrate queues` converts it",
        Effort.NONE,
    ),
    Rule(
        "TQM302",
        "who may use a pull queue",
        "our server keeps the list; elsewhere it becomes roles",
        Effort.SMALL,
    ),
    Rule(
        "TQM303",
        "an account that may use a pull queue is named here",
        "check whether it goes on being needed",
        Effort.SMALL,
    ),
    Rule(
        "TQM901",
        "a file that cannot be parsed, and seems to use the API",
        "look for yourself",
        Effort.MEDIUM,
    ),
    Rule("TQM902", "a file that cannot be read", "look for yourself", Effort.SMALL),
)

RULES = {rule.id: rule for rule in _LIST}


def table() -> str:
    """The rules as docs/migrate.md has them."""
    rows = [
        f"| {each.id} | {each.title} | {each.advice} | {each.effort.name.lower()} |"
        for each in _LIST
    ]
    return "\n".join(["| rule | what | what to do | effort |", "|---|---|---|---|", *rows])
