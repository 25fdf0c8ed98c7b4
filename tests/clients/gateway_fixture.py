"""A gateway to test against: a real fleet's, or the fake one (README.md says which and when)."""

import json
import os
import subprocess
import time

import numpy as np

START_TIMEOUT_S = 60


class Gateway:
    """Where a gateway listens and what its model looks like.

    `is_fake` gateways obey `command` and the words in request ids; a real one only serves.
    """

    def __init__(self):
        fake = os.environ.get("FAKE_GATEWAY")
        self.is_fake = bool(fake)
        self._process = None
        self._fleet = os.environ.get("OFFRAMP_FLEET")
        if self.is_fake:
            self._process = subprocess.Popen(
                [fake], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            where = json.loads(self._process.stdout.readline())
        else:
            where = json.loads(self._offramp("up", self._fleet, "-d", "--json"))["gateways"][0]
        self.http = where["http"]
        self.grpc = where["grpc"]

    def stop(self):
        if self.is_fake:
            self._process.stdin.close()
            self._process.wait(timeout=START_TIMEOUT_S)
            self._process.stdout.close()
            assert self._process.returncode == 0, self._process.returncode
        else:
            self._offramp("down", self._fleet)

    def command(self, text):
        """Sends one command to the fake gateway and returns its answer."""
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def wait_cancelled(self, count):
        """Waits until the fake gateway has seen `count` cancellations."""
        self._wait("cancelled", count)

    def wait_waiting(self, count):
        """Waits until `count` requests are in the fake gateway, unanswered."""
        self._wait("waiting", count)

    def _wait(self, command, count):
        end = time.monotonic() + 10
        while int(self.command(command)) < count:
            if time.monotonic() > end:
                raise AssertionError(f"never {count} {command}")
            time.sleep(0.01)

    @staticmethod
    def _offramp(*arguments):
        binary = os.environ["OFFRAMP_BINARY"]
        return subprocess.run(
            [binary, *arguments], check=True, stdout=subprocess.PIPE, timeout=START_TIMEOUT_S
        ).stdout


class ModelUnderTest:
    """The only model of a gateway, as its HTTP metadata describes it."""

    def __init__(self, http_client):
        self.name = http_client.get_model_repository_index()[0]["name"]
        metadata = http_client.get_model_metadata(self.name)
        self.input = metadata["inputs"][0]
        self.answer = metadata["outputs"][-3]["name"]  # before exit_stage and confidence
        assert [o["name"] for o in metadata["outputs"][-2:]] == ["exit_stage", "confidence"]

    def rows(self, count):
        """`count` different rows of numbers in 0..1, the same in every run."""
        shape = [count] + self.input["shape"][1:]
        return np.random.default_rng(seed=count).random(shape, dtype=np.float32)
