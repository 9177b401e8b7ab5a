"""``tq queues``: what a queue is, and how full."""

from __future__ import annotations

import click

from tqsdk.cli import records
from tqsdk.cli.session import Session, shared_options


@click.group()
def queues() -> None:
    """Look at queues."""


@queues.command()
@click.argument("queue")
@shared_options
@click.pass_obj
def get(session: Session, queue: str) -> None:
    """Print what the server says of QUEUE."""
    with session.client() as client:
        info = client.queue(queue).info()
    session.output().details(records.of_queue(info))


@queues.command()
@click.argument("queue")
@shared_options
@click.pass_obj
def stats(session: Session, queue: str) -> None:
    """Print how many tasks QUEUE has, and how many were leased of late."""
    with session.client() as client:
        numbers = client.queue(queue).stats()
    session.output().details(records.of_stats(numbers))
