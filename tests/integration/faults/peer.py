"""A neighbour of a node by hand: messages on a TCP connection (offramp/wire/tcp_message.h)."""

import socket
import struct

from faults import garbage

PREFACE = b"OFFRAMP1"
FRAMES, GOODBYE = 1, 2


def message(body, kind=FRAMES, tensors_at=0):
    return struct.pack("<IBBxx", len(body), kind, tensors_at) + body


class Peer:
    """Says `messages` and stays open. Iterates over the bodies of what the node says, until it
    closes; `timed_out` if it does neither for `timeout` seconds. `goodbye`: why it left."""

    def __init__(self, target, *messages, timeout=5):
        self.timed_out, self.goodbye = False, b""
        self._input = b""
        self._connection = garbage.connect(target, timeout)
        garbage.send(self._connection, PREFACE + b"".join(map(message, messages)))
        self._greeted = self._take(len(PREFACE)) == PREFACE

    def __iter__(self):
        return self

    def __next__(self):
        head = self._take(8) if self._greeted else b""
        if len(head) < 8:
            raise StopIteration
        length, kind = struct.unpack_from("<IB", head)
        body = self._take(length)
        if kind == GOODBYE:
            self.goodbye = body[1:]
            raise StopIteration
        return body

    def close(self):
        self._connection.close()

    def _take(self, size):
        """The next `size` bytes; fewer at the end."""
        try:
            while len(self._input) < size:
                part = self._connection.recv(65536)
                if not part:
                    return b""
                self._input += part
        except socket.timeout:
            self.timed_out = True
            return b""
        except OSError:
            return b""
        taken, self._input = self._input[:size], self._input[size:]
        return taken


def broken():
    """Name and bytes of conversations that go wrong before any frame."""
    return {
        "half a preface": PREFACE[:4],
        "another preface": b"OFFRAMP2" + message(b"x"),
        "an unknown kind": PREFACE + message(b"x", kind=7),
        "a lie about alignment": PREFACE + message(b"x", tensors_at=64),
        "reserved bytes": PREFACE + struct.pack("<IBBH", 1, FRAMES, 0, 1) + b"x",
        "an empty message": PREFACE + message(b""),
        "a message of 4 GB": PREFACE + struct.pack("<IBBxx", 0xffffffff, FRAMES, 0) + bytes(5000),
        "half a message": PREFACE + message(bytes(100))[:50],
        "a goodbye of 4 GB": PREFACE + struct.pack("<IBBxx", 0xffffffff, GOODBYE, 0),
        "a goodbye without a reason": PREFACE + message(b"\xff", GOODBYE),
    }
