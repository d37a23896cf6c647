"""A bell inside one process: a commit that left work for the worker rings it, so nothing waits for a tick."""

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def listen(callback: Callable[[], None]) -> Callable[[], None]:
    """Call `callback` at every ring, from the ringing thread; the answer ends that."""
    _listeners.append(callback)
    return lambda: _listeners.remove(callback)


def ring() -> None:
    """Tell whoever listens in this process that there may be something to do."""
    for callback in tuple(_listeners):
        callback()
