"""The terminal before the console holds it: what is typed ahead is neither echoed nor lost."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent() -> Iterator[None]:
    """No echo and no line editing from here on; the terminal is given back as it was found.

    Without this the kernel echoes a PIN that is typed while Python still imports.
    """
    try:
        import termios

        handle = sys.__stdin__.fileno() if sys.__stdin__ else -1
        before = termios.tcgetattr(handle)
    except (ImportError, OSError, ValueError, termios.error):  # Windows, or no terminal
        yield
        return
    quiet = [*before]
    quiet[0] &= ~termios.ICRNL
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(handle, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSANOW, before)
