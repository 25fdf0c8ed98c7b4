"""Bytes that no honest client sends, and raw sockets to send them with."""

import contextlib
import gzip
import json
import os
import random
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS = 1, 4


def address(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def connect(target, timeout=5):
    connection = socket.create_connection(address(target), timeout=timeout)
    connection.settimeout(timeout)
    return connection


def read_all(connection, limit=1 << 20):
    """What the other side says until it closes, is silent for the timeout, or `limit` is there."""
    got = b""
    with contextlib.suppress(OSError):
        while len(got) < limit:
            part = connection.recv(65536)
            if not part:
                break
            got += part
    return got


def send(connection, data):
    """As much as the other side takes; whether that was all."""
    try:
        connection.sendall(data)
        return True
    except OSError:
        return False


def talk(target, data, timeout=1.0):
    """Says `data` and returns the answer."""
    with connect(target, timeout) as connection:
        send(connection, data)
        return read_all(connection)


def talk_all(target, cases, timeout=1.0):
    """Says each of `cases` on a connection of its own, all at once; the answers by name."""
    with contextlib.ExitStack() as stack:
        connections = {name: stack.enter_context(connect(target)) for name in cases}
        for name, connection in connections.items():
            send(connection, cases[name])
        end, replies = time.monotonic() + timeout, {}
        for name, connection in connections.items():
            connection.settimeout(max(end - time.monotonic(), 0.01))
            replies[name] = read_all(connection)
        return replies


def http_status(reply):
    """Of the first response in `reply`; 0 when there is none."""
    words = reply.split(b"\r\n", 1)[0].split(b" ")
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/1") else 0


def post(path, body, *headers):
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


# ---- HTTP/2

def h2(kind, payload=b"", flags=0, stream=0, length=None):
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _literal(name, value):
    """An HPACK field, literal, without indexing."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def grpc_headers(path, authority=b"x"):
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path),
              (b":authority", authority), (b"te", b"trailers"),
              (b"content-type", b"application/grpc")]
    return b"".join(_literal(*field) for field in fields)


def broken_http2(path):
    """Name and bytes of conversations that begin well. `path`: of a method of that port."""
    hello = PREFACE + h2(SETTINGS)
    call = h2(HEADERS, grpc_headers(path), END_HEADERS, 1)
    # A table of one large header, which single bytes then refer to.
    large = b"\x40\x01a\x7f" + b"\xa1\x1e" + b"v" * (127 + 0x21 + (0x1e << 7))
    return {
        "no preface": h2(SETTINGS) * 10,
        "preface and noise": PREFACE + random.Random(5).randbytes(20000),
        "settings of a wrong length": PREFACE + h2(SETTINGS, b"12345"),
        "settings on a stream": hello + h2(SETTINGS, stream=3),
        "a frame longer than allowed": hello + h2(DATA, bytes(1000), 0, 1, length=(1 << 24) - 1),
        "headers that are no HPACK": hello + h2(HEADERS, b"\xff" * 200, END_HEADERS, 1),
        "headers on stream 0": hello + h2(HEADERS, grpc_headers(path), END_HEADERS, 0),
        "an even stream": hello + h2(HEADERS, grpc_headers(path), END_HEADERS, 2),
        "data without headers": hello + h2(DATA, b"x" * 100, END_STREAM, 7),
        "a continuation of nothing": hello + h2(CONTINUATION, b"abc", END_HEADERS, 1),
        "headers never ended": hello + h2(HEADERS, grpc_headers(path), 0, 1) + h2(PING, b"8" * 8),
        "continuations without end": hello + h2(HEADERS, grpc_headers(path), 0, 1) +
                                     h2(CONTINUATION, _literal(b"k", b"v" * 120) * 120, 0, 1) * 400,
        "a bomb of headers": hello + h2(HEADERS, large + b"\xbe" * 16000, END_HEADERS, 1) +
                             b"".join(h2(HEADERS, b"\xbe" * 16000, END_HEADERS, 2 * i + 3)
                                      for i in range(50)),
        "a window of zero": hello + h2(WINDOW, bytes(4)),
        "a window beyond bounds": hello + h2(WINDOW, b"\x7f\xff\xff\xff") * 3,
        "a stream that depends on itself": hello + h2(PRIORITY, struct.pack(">IB", 1, 9), 0, 1),
        "a push from a client": hello + h2(PUSH, bytes(8), END_HEADERS, 1),
        "streams reset at once": hello + b"".join(
            h2(HEADERS, grpc_headers(path), END_HEADERS, i) + h2(RST, bytes(4), 0, i)
            for i in range(1, 2000, 2)),
        "a flood of pings": hello + h2(PING, b"12345678") * 5000,
        "a flood of settings": hello + h2(SETTINGS, b"\0\3\0\0\0\1") * 5000,
        "a flood of empty data": hello + call + h2(DATA, b"", 0, 1) * 20000,
        "unknown kinds of frames": hello + h2(200, b"z" * 100, 255, 9) * 100,
        "a goodbye and more": hello + h2(GOAWAY, bytes(8)) + call,
        "a message of 4 GB": hello + call + h2(DATA, b"\0\xff\xff\xff\xff" + b"x" * 1000, 0, 1),
        "a compressed message": hello + call + h2(DATA, b"\1\0\0\0\4abcd", END_STREAM, 1),
        "half a message": hello + call + h2(DATA, b"\0\0\0\1\0abc", END_STREAM, 1),
    }


class Dripper:
    """A gRPC call whose only message, of `size` bytes, stays a byte short of its end. Sends what
    the other side's windows allow; `step` returns how many bytes."""

    def __init__(self, target, path, size):
        self.connection = connect(target, 0.01)
        send(self.connection, PREFACE + h2(SETTINGS) + h2(WINDOW, b"\x7f\xff\x00\x00") +
             h2(HEADERS, grpc_headers(path), END_HEADERS, 1) +
             h2(DATA, b"\0" + size.to_bytes(4, "big"), 0, 1))
        self.left, self.sent, self.heard = size - 1, 0, b""
        self.frame_bytes = 16384
        self.windows = {0: 65535 - 5, 1: 65535 - 5}

    def step(self):
        with contextlib.suppress(OSError):
            self.heard += self.connection.recv(65536)
        while len(self.heard) >= 9 + (length := int.from_bytes(self.heard[:3], "big")):
            self._take(self.heard[3], self.heard[4], int.from_bytes(self.heard[5:9], "big"),
                       self.heard[9:9 + length])
            self.heard = self.heard[9 + length:]
        sent = 0
        while (part := min(self.left, self.frame_bytes, *self.windows.values())) > 0:
            self.connection.settimeout(2)
            taken = send(self.connection, h2(DATA, bytes(part), 0, 1))
            self.connection.settimeout(0.01)
            if not taken:
                break
            self.left -= part
            sent += part
            self.windows = {stream: left - part for stream, left in self.windows.items()}
        self.sent += sent
        return sent

    def _take(self, kind, flags, stream, payload):
        if kind == WINDOW and stream in self.windows:
            self.windows[stream] += int.from_bytes(payload, "big")
        elif kind == SETTINGS and not flags:
            for at in range(0, len(payload), 6):
                name, value = struct.unpack(">HI", payload[at:at + 6])
                if name == 4:  # initial window of streams
                    self.windows[1] += value - 65535
            send(self.connection, h2(SETTINGS, flags=1))
        elif kind == PING and not flags:
            send(self.connection, h2(PING, payload, 1))

    def close(self):
        self.connection.close()


# ---- HTTP/1 and JSON

def broken_http(path):
    """Name and bytes; each is due a 4xx or a closed connection."""
    return {
        "noise": os.urandom(20000),
        "zeros": bytes(20000),
        "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500),
        "a word": b"HELO\r\n\r\n",
        "half a request line": b"POST /v2",
        "no version": b"GET /\r\n\r\n",
        "another version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        "half a header": f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Le".encode(),
        "half a body": f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{{".encode(),
        "a header of 100 kB": b"GET / HTTP/1.1\r\nA: " + b"x" * 100000 + b"\r\n\r\n",
        "20000 headers": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n",
        "a target of 100 kB": b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\n\r\n",
        "a negative length": b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "a length that is no number": b"POST / HTTP/1.1\r\nContent-Length: ten\r\n\r\n",
        "a length of 2^64": b"POST / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n",
        "a huge length": b"POST / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\nx",
        "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 5\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a chunk of no number": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "a chunk of 2^63": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                           b"7fffffffffffffff\r\nabc",
        "control bytes": b"GET /\x00\x01\x02 HTTP/1.1\r\nHost: \x00\r\n\r\n",
        "a line that continues": b"GET / HTTP/1.1\r\nA: b\r\n  c: d\r\nbad\r\n\r\n",
    }


def hostile_json():
    """Name and body; every one is due a 4xx."""
    def body(**changes):
        entry = {"name": "x", "shape": [1, 8], "datatype": "FP32", "data": [1] * 8}
        entry.update(changes)
        return json.dumps({"inputs": [{k: v for k, v in entry.items() if v is not None}]})

    def with_data(text):
        return body(data="DATA").replace('"DATA"', text)

    def with_top(text):
        return body()[:-1] + "," + text + "}"

    return {name: text.encode() if isinstance(text, str) else text for name, text in {
        "nothing": "",
        "noise": os.urandom(5000),
        "not UTF-8": b'{"id": "\xff\xfe", "inputs": []}',
        "half": body()[:40],
        "two documents": body() * 2,
        "a number": "1e5",
        "a list": "[1]",
        "arrays 10000 deep": "[" * 10000 + "]" * 10000,
        "objects 10000 deep": '{"a":' * 10000 + "1" + "}" * 10000,
        "data 10000 deep": with_data("[" * 10000 + "1" + "]" * 10000),
        "data 10000 deep, unclosed": with_data("[" * 10000),
        "a huge number": with_data("[1e999,1,1,1,1,1,1,1]"),
        "a number of 100000 digits": with_data("[" + "9" * 100000 + ",1,1,1,1,1,1,1]"),
        "beyond FP32": with_data("[1e300,1,1,1,1,1,1,1]"),
        "NaN": with_data("[NaN,1,1,1,1,1,1,1]"),
        "Infinity": with_data("[Infinity,1,1,1,1,1,1,1]"),
        "null data": with_data("null"),
        "texts as data": with_data('["1","1","1","1","1","1","1","1"]'),
        "flags as data": with_data("[true,1,1,1,1,1,1,1]"),
        "an object as data": with_data('{"a":1}'),
        "too few values": body(data=[1] * 7),
        "too many values": body(data=[1] * 9),
        "ragged rows": body(shape=[2, 8], data=[[1] * 9, [1] * 7]),
        "another width": body(shape=[1, 7], data=[1] * 7),
        "rank 1": body(shape=[8]),
        "rank 3": body(shape=[1, 1, 8]),
        "rank 1000": body(shape=[1] * 1000),
        "no rows": body(shape=[0, 8], data=[]),
        "negative rows": body(shape=[-1, 8]),
        "2^62 rows": body(shape=[1 << 62, 8]),
        "rows beyond 64 bits": body(shape=[1 << 70, 8]),
        "half a row": body(shape=[0.5, 8]),
        "a shape of text": body(shape="18"),
        "a shape of lists": body(shape=[[1], [8]]),
        "no shape": body(shape=None),
        "no name": body(name=None),
        "a name of number": body(name=7),
        "another name": body(name="y"),
        "a name of 1 MB": body(name="y" * 1000000),
        "no datatype": body(datatype=None),
        "another datatype": body(datatype="INT64"),
        "FP16 as numbers": body(datatype="FP16"),
        "BYTES": body(datatype="BYTES", data=["a"] * 8),
        "an unknown datatype": body(datatype="COMPLEX"),
        "no data": body(data=None),
        "binary without header": body(data=None, parameters={"binary_data_size": 32}),
        "a negative binary size": body(data=None, parameters={"binary_data_size": -1}),
        "shared memory": body(parameters={"shared_memory_region": "a"}),
        "inputs twice in one": json.dumps({"inputs": json.loads(body())["inputs"] * 2}),
        "1000 inputs": json.dumps({"inputs": json.loads(body())["inputs"] * 1000}),
        "inputs of a number": '{"inputs": 3}',
        "no inputs": '{"inputs": []}',
        "an id of a number": with_top('"id": 7'),
        "an id of 1 MB": with_top('"id": "' + "i" * 1000000 + '"'),
        "parameters of a list": with_top('"parameters": [1]'),
        "a parameter of an object": with_top('"parameters": {"early_exit": {"a": 1}}'),
        "early_exit of text": with_top('"parameters": {"early_exit": "no"}'),
        "a negative timeout": with_top('"parameters": {"timeout": -5}'),
        "outputs of a number": with_top('"outputs": 3'),
        "an unknown output": with_top('"outputs": [{"name": "nope"}]'),
        "100000 outputs": with_top('"outputs": [' + ",".join(['{"name":"logits"}'] * 100000) + "]"),
    }.items()}


def gzip_bombs():
    """Name and compressed body; each is due a 4xx."""
    zeros = gzip.compress(bytes(200 << 20), 1)
    return {
        "200 MB of zeros": zeros,
        "spaces of JSON": gzip.compress(b'{"inputs":' + b" " * (100 << 20) + b"[]}", 1),
        "a bomb in a bomb": gzip.compress(zeros),
        "half a bomb": zeros[:len(zeros) // 2],
        "no gzip": os.urandom(1000),
        "a good header and noise": zeros[:10] + os.urandom(1000),
        "a body after the stream": gzip.compress(b"{}") + b"more",
    }
