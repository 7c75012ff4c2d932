"""A small TCP proxy in front of a real server, which cuts its connections where a test says."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIZE = 65536


class Proxy:
    """Listens on `port` of loopback. `sent` counts what clients sent, in pieces as they came."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.sent, self.cuts = 0, 0
        self._at, self._reaches, self._mute = 0, False, False
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks now, with a reset."""
        with self._lock:
            live, self._live = self._live, set()
            self.cuts += bool(live)
        for one in live:
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def cut_at(self, piece: int, *, reaches: bool) -> None:
        """Cut once, at that piece counted from now: it never reaches the server, or does and its answer is lost.

        0: not at all.
        """
        with self._lock:
            self.sent, self._at, self._reaches, self._mute = 0, piece, reaches, False

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()
        self.cut()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            with self._lock:
                self._live |= {client, server}
            threading.Thread(target=self._carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, False), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(SIZE):
                if self._falls(asks):
                    self.cut()
                    return
                other.sendall(piece)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def _falls(self, asks: bool) -> bool:
        """Whether the line breaks with this piece; what the server is to do still reaches it."""
        with self._lock:
            self.sent += asks
            if asks and self._at and self.sent == self._at:
                self._mute = self._reaches
                return not self._reaches
            lost = self._mute and not asks
            self._mute = self._mute and not lost
            return lost


@contextmanager
def in_front_of(target: int) -> Iterator[Proxy]:
    """A proxy to that port of loopback."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
