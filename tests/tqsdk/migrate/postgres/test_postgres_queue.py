"""A queue that is a table keeps the rules of pull queues."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tqsdk.migrate.postgres.queue import LeaseLostError, PostgresQueue
from tqsdk.migrate.postgres.statements import statement
from tqsdk.migrate.queues.conversion import convert


def names(tasks) -> list[str]:
    return [task.name for task in tasks]


def test_leased_tasks_are_hidden_until_the_lease_runs_out(queue, pass_time):
    for name in "abc":
        queue.insert(b"", name=name)

    assert names(queue.lease(2, 60)) == ["a", "b"]
    assert names(queue.lease(2, 60)) == ["c"]

    pass_time(61)

    assert names(queue.lease(9, 60)) == ["a", "b", "c"]


def test_a_task_comes_back_as_it_was_inserted(queue):
    queue.insert(b"\x00\xff", name="one", tag="r\u00f6d")

    (task,) = queue.lease(1, 60)

    assert (task.name, task.payload, task.tag) == ("one", b"\x00\xff", "r\u00f6d")
    assert task.retry_count == 1
    assert (task.leased_until - task.enqueued_at).total_seconds() == pytest.approx(60, abs=5)


def test_names_are_made_where_none_is_given(queue):
    made = {queue.insert(b"") for _ in range(3)}

    assert None not in made
    assert len(made) == 3


def test_tasks_are_leased_by_eta_and_then_by_name_byte_for_byte(queue, connection):
    for name in ("b", "a", "B", "z"):
        queue.insert(b"", name=name)
    connection.execute("UPDATE taskqueue_tasks SET eta = timestamptz '2020-01-01'")
    connection.execute("UPDATE taskqueue_tasks SET eta = eta - interval '1s' WHERE name = 'z'")

    assert names(queue.lease(9, 60)) == ["z", "B", "a", "b"]


def test_a_task_is_not_leased_before_its_eta(queue, pass_time):
    queue.insert(b"", name="later", delay=60)

    assert queue.lease(1, 1) == []

    pass_time(61)

    assert names(queue.lease(1, 1)) == ["later"]


def test_tasks_of_one_tag_are_leased(queue):
    queue.insert(b"", name="a", tag="red")
    queue.insert(b"", name="b")
    queue.insert(b"", name="c", tag="red")

    assert names(queue.lease(9, 60, tag="red")) == ["a", "c"]
    assert names(queue.lease(9, 60, tag="")) == ["b"]


def test_tasks_of_the_oldest_ones_tag_are_leased(queue):
    queue.insert(b"", name="a", tag="red")
    queue.insert(b"", name="b", tag="blue")
    queue.insert(b"", name="c", tag="red")

    assert names(queue.lease(9, 60, group_by_tag=True)) == ["a", "c"]
    assert names(queue.lease(9, 60, group_by_tag=True)) == ["b"]
    assert queue.lease(9, 60, group_by_tag=True) == []


def test_a_group_that_another_transaction_takes_is_passed_over(queue, database):
    queue.insert(b"", name="a", tag="red")
    queue.insert(b"", name="b", tag="blue")
    with psycopg.connect(database) as other:  # which does not commit yet
        PostgresQueue(other, "mail").lease(1, 60, group_by_tag=True)

        assert names(queue.lease(9, 60, group_by_tag=True)) == ["b"]


def test_a_tag_and_groups_exclude_each_other(queue):
    with pytest.raises(ValueError, match="give a tag, or"):
        queue.lease(1, 60, tag="red", group_by_tag=True)


def test_a_lease_is_renewed_only_by_who_holds_it(queue, pass_time):
    queue.insert(b"", name="a")
    (first,) = queue.lease(1, 60)
    renewed = queue.renew(first, 600)
    assert renewed.leased_until > first.leased_until

    with pytest.raises(LeaseLostError, match="'a' has ended"):
        queue.renew(first, 600)

    pass_time(601)
    with pytest.raises(LeaseLostError):
        queue.renew(renewed, 600)


def test_a_released_task_can_be_leased_at_once(queue):
    queue.insert(b"", name="a")
    (task,) = queue.lease(1, 60)

    queue.release(task)
    (again,) = queue.lease(1, 60)

    assert again.retry_count == 2
    queue.release(task)
    assert queue.lease(1, 60) == []


def test_the_name_of_a_deleted_task_is_taken_for_a_week(queue, pass_time):
    assert queue.insert(b"old", name="a") == "a"
    assert queue.insert(b"new", name="a") is None

    assert queue.delete("a")
    assert not queue.delete("a")
    assert queue.insert(b"new", name="a") is None
    assert queue.lease(1, 60) == []

    pass_time(7 * 86_400)
    assert queue.insert(b"new", name="a", tag="red") == "a"
    (task,) = queue.lease(1, 60)
    assert (task.payload, task.tag, task.retry_count) == (b"new", "red", 1)


def test_a_task_is_deleted_without_being_held(queue):
    queue.insert(b"", name="a")
    queue.lease(1, 60)

    assert queue.delete("a")


def test_what_was_leased_too_often_is_deleted_and_told(connection, pass_time):
    queue = PostgresQueue(connection, "mail")
    queue.create(max_leases=2)
    queue.insert(b"poison", name="a")
    queue.insert(b"", name="b", delay=1000)
    for _ in range(2):
        assert not queue.lease(1, 60)[0].is_spent
        pass_time(61)

    (spent,) = queue.lease(1, 60)

    assert spent.is_spent
    assert (spent.payload, spent.retry_count) == (b"poison", 2)
    assert queue.lease(1, 60) == []
    assert queue.insert(b"", name="a") is None


def test_queues_do_not_see_each_other(queue, connection):
    other = PostgresQueue(connection, "other")
    queue.insert(b"", name="a")

    assert other.insert(b"", name="a") == "a"
    assert queue.delete("a")
    assert names(other.lease(9, 60)) == ["a"]


def test_a_deletion_can_be_part_of_the_transaction_that_does_the_work(queue, database):
    queue.insert(b"", name="a")
    with psycopg.connect(database) as worker:
        PostgresQueue(worker, "mail").delete("a")
        worker.rollback()

    assert names(queue.lease(1, 60)) == ["a"]


def test_the_figures_of_a_queue(queue):
    assert queue.stats() == (0, 0, None)
    queue.insert(b"", name="a")
    queue.insert(b"", name="b", delay=60)

    figures = queue.stats()

    assert (figures.total, figures.available) == (2, 1)
    assert figures.oldest is not None


def test_names_whose_time_is_over_are_swept(queue, connection, pass_time):
    for name in "ab":
        queue.insert(b"", name=name)
    queue.delete("a")
    connection.execute(statement("sweep"))
    assert connection.execute("SELECT count(*) FROM taskqueue_tasks").fetchone() == (2,)

    pass_time(7 * 86_400)
    connection.execute(statement("sweep"))

    assert connection.execute("SELECT name FROM taskqueue_tasks").fetchall() == [("b",)]


@pytest.mark.parametrize("how", [{}, {"group_by_tag": True}, {"tag": "t0"}])
def test_many_workers_never_lease_the_same_task(how, queue, connection, database):
    connection.execute(
        "INSERT INTO taskqueue_tasks (queue, name, tag, eta, payload)"
        " SELECT 'mail', n, 't' || (n %% %s), statement_timestamp(), ''"
        " FROM generate_series(1, 1000) AS n",
        (1 if "tag" in how else 7,),
    )

    def work(_) -> list[str]:
        with psycopg.connect(database, autocommit=True) as own:
            worker = PostgresQueue(own, "mail")
            done: list[str] = []
            while leased := worker.lease(7, 600, **how):
                done += names(leased)
            return done

    with ThreadPoolExecutor(8) as pool:
        leased = Counter(name for done in pool.map(work, range(8)) for name in done)

    assert leased == Counter(str(n) for n in range(1, 1001))


@pytest.mark.parametrize(("sql", "index"), [("lease", "by_eta"), ("lease_tag", "by_tag")])
def test_a_lease_reads_an_index_and_sorts_nothing(sql, index, queue, connection):
    connection.execute(
        "INSERT INTO taskqueue_tasks (queue, name, tag, eta, payload)"
        " SELECT 'mail', n, 't' || (n % 99), statement_timestamp(), ''"
        " FROM generate_series(1, 5000) n"
    )
    connection.execute("ANALYZE taskqueue_tasks")
    arguments = {"queue": "mail", "count": 10, "seconds": 60, "tag": "t7"}

    plan = connection.execute(b"EXPLAIN " + statement(sql), arguments).fetchall()

    met = "\n".join(line for (line,) in plan).partition("CTE met")[2].partition("CTE moved")[0]
    assert f"using taskqueue_tasks_{index}" in met
    assert "Sort" not in met


def test_the_limit_of_leases_in_a_queue_file_holds(connection, tmp_path):
    (tmp_path / "queue.yaml").write_text(
        "queue:\n- name: mail\n  mode: pull\n  retry_parameters:\n    task_retry_limit: 1\n"
    )
    made = convert(tmp_path / "queue.yaml", "postgres", project="my-app", location="")
    connection.execute(made.text.encode())
    queue = PostgresQueue(connection, "mail")
    queue.insert(b"", name="a")

    assert [task.is_spent for task in queue.lease(1, 0)] == [False]
    assert [task.is_spent for task in queue.lease(1, 60)] == [True]
