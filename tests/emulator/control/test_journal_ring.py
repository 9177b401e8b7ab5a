"""The ring keeps the last pieces that have room, whatever their sizes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emulator.control.journal import ring as ring_module
from emulator.control.journal.ring import Ring


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(1, 12))
def test_the_last_pieces_are_kept_as_they_were(sizes, most):
    ring = Ring(most=most, most_bytes=12 * 40 * 2)
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    for number, piece in enumerate(pieces):
        ring.append(piece, number)

    # There is room for all of these, so only their number decides.
    assert kept(ring) == list(zip(pieces, range(len(pieces)), strict=True))[-most:]


@given(st.lists(st.integers(1, 100), max_size=60))
def test_where_bytes_are_short_the_oldest_go_and_no_more_than_must(sizes):
    ring = Ring(most=1_000, most_bytes=250)
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    for number, piece in enumerate(pieces):
        ring.append(piece, number)

    found = [piece for piece, _ in kept(ring)]
    assert found == pieces[len(pieces) - len(found) :]
    # A piece is not cut in two, so as much as the largest may be left unused at either end.
    assert len(found) == len(pieces) or sum(map(len, found)) >= 250 - 2 * 100


def test_a_buffer_grows_only_as_far_as_it_must(monkeypatch):
    monkeypatch.setattr(ring_module, "_BYTES_AT_FIRST", 64)
    ring = Ring(most=4, most_bytes=1 << 20)
    for _ in range(1_000):
        ring.append(bytes(20), None)

    assert len(ring._buffer) == 128
    assert len(ring) == 4


def test_a_piece_may_be_as_large_as_the_ring():
    ring = Ring(most=10, most_bytes=100)
    ring.append(b"before", 1)

    ring.append(bytes(100), 2)

    assert kept(ring) == [(bytes(100), 2)]


def test_fewer_from_now_on_are_the_last():
    ring = Ring(most=10, most_bytes=100)
    for number in range(5):
        ring.append(b"piece", number)

    ring.resize(2)

    assert kept(ring) == [(b"piece", 3), (b"piece", 4)]


def kept(ring):
    return list(ring.slice(0))
