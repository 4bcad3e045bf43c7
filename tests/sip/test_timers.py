"""Times and deadlines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.sip.timers import TimerQueue, Timers


def test_timers_have_the_defaults_of_rfc3261_table_4() -> None:
    timers = Timers()

    assert (timers.t1, timers.t2, timers.t4) == (0.5, 4.0, 5.0)
    assert timers.f == timers.n == 32.0
    assert (timers.j(reliable=False), timers.j(reliable=True)) == (32.0, 0.0)
    assert (timers.k(reliable=False), timers.k(reliable=True)) == (5.0, 0.0)


def test_timer_e_doubles_up_to_t2() -> None:
    timers, intervals = Timers(), [Timers().e]
    for _ in range(5):
        intervals.append(timers.e_after(intervals[-1]))

    assert intervals == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_queue_gives_due_keys_in_the_order_of_time() -> None:
    queue: TimerQueue[str] = TimerQueue()
    for key, deadline in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        queue.set(key, deadline)

    assert queue.next_deadline() == 1.0
    assert list(queue.due(2.0)) == ["a", "b"]
    assert queue.next_deadline() == 3.0
    assert len(queue) == 1


def test_queue_moves_and_cancels_timers() -> None:
    queue: TimerQueue[str] = TimerQueue()
    queue.set("a", 1.0)
    queue.set("a", 5.0)
    queue.set("b", 2.0)
    queue.cancel("b")
    queue.cancel("unknown")

    assert queue.next_deadline() == 5.0
    assert list(queue.due(4.0)) == []
    assert list(queue.due(5.0)) == ["a"]
    assert queue.next_deadline() is None


def test_queue_looks_again_at_keys_that_are_set_while_it_is_read() -> None:
    queue: TimerQueue[str] = TimerQueue()
    queue.set("a", 1.0)
    seen = []
    for key in queue.due(3.0):
        seen.append(key)
        if len(seen) < 3:
            queue.set(key, float(len(seen)) + 1)

    assert seen == ["a", "a", "a"]


def test_queue_does_not_grow_with_timers_that_are_moved_often() -> None:
    queue: TimerQueue[int] = TimerQueue()
    for number in range(10_000):
        queue.set(number % 3, float(number))

    assert queue.next_deadline() == 9997.0
    assert len(queue._heap) < 200


@given(st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 9)))))
def test_queue_agrees_with_a_plain_dictionary(moves: list[tuple[int, int | None]]) -> None:
    queue: TimerQueue[int] = TimerQueue()
    plain: dict[int, int] = {}
    for key, deadline in moves:
        if deadline is None:
            queue.cancel(key)
            plain.pop(key, None)
        else:
            queue.set(key, deadline)
            plain[key] = deadline

    assert len(queue) == len(plain)
    assert queue.next_deadline() == min(plain.values(), default=None)
    assert sorted(queue.due(4)) == sorted(key for key, deadline in plain.items() if deadline <= 4)
