"""Frames of the nodes' data plane (proto/offramp/v1/node.proto), good and bad, by hand."""

import random
import struct

HELLO, TASK, ACK, ANSWER, REFUSE, CANCEL, REPORT, AGENT = range(2, 10)


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def real(field, value):
    return varint(field << 3 | 1) + struct.pack("<d", value)


def text(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def frame(kind, body, payload=b"", envelope=None):
    """`envelope`: what to claim as its size, instead of the truth."""
    inner = text(kind, body)
    size = 5 + len(inner) if envelope is None else envelope
    tail = text(15, payload) if payload else b""
    return b"\x0d" + struct.pack("<I", size & 0xffffffff) + inner + tail


def hello(fleet, name, stage, protocol):
    return frame(HELLO, number(1, protocol) + text(2, fleet) + text(3, name) + number(4, stage) +
                 varint(5 << 3 | 1) + struct.pack("<Q", 7))


def tensor(name, shape, size, datatype=12):
    return text(10, text(1, name) + number(2, datatype) +
                b"".join(number(3, extent) for extent in shape) + number(4, size))


def task(task_id=1, deadline_s=5.0, rows=1, name=b"x", shape=(1, 8), datatype=12, size=32,
         payload=None, extra=b""):
    body = (number(1, task_id) + real(2, deadline_s) + number(3, 3) +
            text(8, b"\0" * rows) + tensor(name, shape, size, datatype) + extra)
    return frame(TASK, body, struct.pack("<8f", *range(8)) if payload is None else payload)


def kind_and_fields(message):
    """Of the first frame in `message`: its kind, and its fields by number (the last of each)."""
    key, at = _read(message, 5)
    size, at = _read(message, at)
    body, at, fields = message[at:at + size], 0, {}
    while at < len(body):
        key_here, at = _read(body, at)
        kind = key_here & 7
        if kind == 0:
            value, at = _read(body, at)
        else:
            size, at = _read(body, at) if kind == 2 else (8 if kind == 1 else 4, at)
            value, at = body[at:at + size], at + size
        fields[key_here >> 3] = value
    return key >> 3, fields


def kinds(message):
    """Of all frames in `message`."""
    found = set()
    while message:
        envelope = struct.unpack_from("<I", message, 1)[0]
        found.add(_read(message, 5)[0] >> 3)
        message = message[envelope:]
        if message[:1] == b"\x7a":
            size, at = _read(message, 1)
            message = message[at + size:]
    return found


def _read(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7f) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def broken():
    """Name and message; each must end the connection, whoever sends it."""
    noise = random.Random(3)
    good = frame(CANCEL, number(1, 9))
    return {
        "nothing": b"",
        "noise": noise.randbytes(3000),
        "zeros": bytes(3000),
        "a short frame": good[:4],
        "an envelope of 4 GB": frame(CANCEL, number(1, 9), envelope=0xffffffff),
        "an envelope of zero": frame(CANCEL, number(1, 9), envelope=0),
        "an envelope beyond the message": frame(CANCEL, number(1, 9), envelope=500),
        "a frame and noise": good + noise.randbytes(100),
        "no kind": b"\x0d" + struct.pack("<I", 5),
        "an unknown kind": frame(13, b"abc"),
        "a task without tensor bytes": task(payload=b"", size=32),
        "a task of too many bytes": task(payload=bytes(64)),
        "a task of NaN deadline": task(deadline_s=float("nan")),
        "a task of endless deadline": task(deadline_s=float("inf")),
        "a task without rows": task(rows=0),
        "a task of other rows": task(rows=3),
        "a negative extent": task(shape=(1, -8)),
        "a shape beyond 64 bits": task(shape=(1, 1 << 62, 1 << 62)),
        "an unknown datatype": task(datatype=77),
        "a size beyond 2^63": task(size=(1 << 64) - 8),
        "many thresholds": task(extra=text(9, bytes(4000))),
        "a payload in a cancellation": frame(CANCEL, number(1, 9), b"p" * 100),
        "5000 tensors": frame(TASK, text(8, b"\0") + tensor(b"x", (1, 8), 0) * 5000),
        "a name of 1 MB": task(name=b"n" * 1000000),
        "an envelope of 3 MB": frame(CANCEL, number(1, 9) + text(77, bytes(3 << 20))),
    }


def mutated(data, noise):
    """`data` with a few bytes changed, perhaps cut short; perhaps still a frame."""
    data = bytearray(data)
    for _ in range(noise.randint(1, 6)):
        data[noise.randrange(len(data))] = noise.randrange(256)
    return bytes(data[:noise.choice([len(data), noise.randrange(1, len(data))])])
