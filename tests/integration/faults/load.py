"""Open load on every gateway: arrivals wait for nobody, over REST, gRPC calls and gRPC streams."""

import concurrent.futures
import dataclasses
import http.client
import queue
import random
import threading
import time

import numpy as np

from faults import oip

HTTP_WORKERS = 24
# How long a client waits beyond the deadline that it gave: longer is a hang.
GRACE_SECONDS = 3


@dataclasses.dataclass
class Record:
    id: str
    x: object
    early_exit: bool
    way: str
    sent_s: float = 0
    done_s: float = 0
    answers: list = dataclasses.field(default_factory=list)


class _Rest:
    """Blocking clients, each with one kept connection a gateway."""

    def __init__(self, address, pool, deadline_s):
        self.address, self.pool, self.deadline_s = address, pool, deadline_s
        self.local = threading.local()

    def send(self, record):
        self.pool.submit(self._call, record)

    def _call(self, record):
        body = oip.json_body(record.x, int(self.deadline_s * 1e6), record.early_exit, record.id)
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self.address,
                                                    timeout=self.deadline_s + GRACE_SECONDS)
            self.local.connection = connection
        try:
            connection.request("POST", oip.INFER_PATH, body)
            reply = connection.getresponse()
            answer = oip.from_json(reply.status, reply.headers, reply.read())
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            answer = oip.Answer(error=repr(error))
            connection.close()
            self.local.connection = None
        record.done_s = time.monotonic()
        record.answers.append(answer)

    def close(self):
        pass


class _Calls:
    """One gRPC call a request, all on one connection."""

    def __init__(self, address, deadline_s):
        self.stub, self.channel = oip.stub(address)
        self.deadline_s = deadline_s

    def send(self, record):
        request = oip.grpc_request(record.x, int(self.deadline_s * 1e6), record.early_exit,
                                   record.id)
        call = self.stub.ModelInfer.future(request, timeout=self.deadline_s + GRACE_SECONDS)

        def done(call):
            record.done_s = time.monotonic()
            error = call.exception()
            record.answers.append(oip.from_rpc_error(error) if error
                                  else oip.from_grpc(call.result()))

        call.add_done_callback(done)

    def close(self):
        self.channel.close()


class _Stream:
    """One stream for all requests: replies name theirs, so a second one would be seen."""

    def __init__(self, address, deadline_s):
        self.stub, self.channel = oip.stub(address)
        self.deadline_s = deadline_s
        self.requests, self.records, self.trouble = queue.Queue(), {}, []
        self.call = self.stub.ModelStreamInfer(iter(self.requests.get, None))
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def send(self, record):
        self.records[record.id] = record
        self.requests.put(oip.grpc_request(record.x, int(self.deadline_s * 1e6),
                                           record.early_exit, record.id))

    def _read(self):
        try:
            for response in self.call:
                answer = oip.from_stream(response)
                record = self.records[answer.id]
                record.done_s = time.monotonic()
                record.answers.append(answer)
        except Exception as error:  # pylint: disable=broad-except; whatever ends it is a finding
            self.trouble.append(repr(error))

    def close(self):
        self.requests.put(None)
        self.reader.join(self.deadline_s + GRACE_SECONDS)
        if self.reader.is_alive() or self.trouble:
            self.call.cancel()
            raise AssertionError(f"a stream does not end well: {self.trouble}")
        self.channel.close()


class Load(threading.Thread):
    """Poisson arrivals from `start` until `finish`, of 1 to `max_rows` rows, a fifth of them to the
    last stage. `gateways` as `offramp up --json` lists them."""

    def __init__(self, gateways, requests_per_s, seed, deadline_s=20, max_rows=4):
        super().__init__()
        self.rate, self.deadline_s, self.max_rows = requests_per_s, deadline_s, max_rows
        self.random, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self.records, self.ended = [], threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(HTTP_WORKERS)
        self.ways = {}
        for gateway in gateways:
            name = gateway["name"]
            self.ways[name + "/rest"] = _Rest(gateway["http"], self.pool, deadline_s)
            self.ways[name + "/call"] = _Calls(gateway["grpc"], deadline_s)
            self.ways[name + "/stream"] = _Stream(gateway["grpc"], deadline_s)

    def run(self):
        next_s = time.monotonic()
        while not self.ended.is_set():
            way = self.random.choice(sorted(self.ways))
            record = Record(f"r{len(self.records)}",
                            oip.random_rows(self.numbers, self.random.randint(1, self.max_rows)),
                            self.random.random() >= 0.2, way)
            record.sent_s = time.monotonic()
            self.records.append(record)
            self.ways[way].send(record)
            next_s += self.random.expovariate(self.rate)
            time.sleep(max(next_s - time.monotonic(), 0))

    def finish(self):
        """Every record, once all are answered; those that were not have no answers."""
        self.ended.set()
        self.join()
        end = time.monotonic() + self.deadline_s + GRACE_SECONDS
        while time.monotonic() < end and not all(record.answers for record in self.records):
            time.sleep(0.02)
        for way in self.ways.values():
            way.close()
        self.pool.shutdown(wait=False)
        return self.records
