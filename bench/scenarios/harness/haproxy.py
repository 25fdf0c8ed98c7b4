"""HAProxy as people run it in front of equal servers."""

import shutil
import socket
import subprocess
import sys
import time

# Health checks and retries are those of HAProxy's manual; `redispatch` is what nearly every
# published configuration adds.
_CONFIG = """
global
    maxconn 4096
    nbthread {threads}
defaults
    mode http
    balance leastconn
    option httpchk GET /v2/health/ready
    option redispatch
    retries 3
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    default-server check inter 2s fall 3 rise 2
"""
_MAX_WEIGHT = 256


def binary():
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if not found:
        sys.exit("haproxy is missing: run `make deps`")
    return found


def version():
    done = subprocess.run([binary(), "-v"], capture_output=True, text=True, check=True)
    return done.stdout.split(" - ")[0].split("version ")[-1].split("-")[0].strip()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class HaProxy:
    """One HAProxy with two front doors to the same servers: `leastconn` and `weighted`.

    servers: (name, "host:port", speed) tuples; the weights of `weighted` are the speeds.
    """

    def __init__(self, servers, folder, threads=1):
        self._servers, self._folder, self._threads = servers, folder, threads
        self.addresses = {}
        self.process = None

    def __enter__(self):
        fastest = max(speed for _, _, speed in self._servers)
        text = _CONFIG.format(threads=self._threads)
        for door in ("leastconn", "weighted"):
            self.addresses[door] = f"127.0.0.1:{_free_port()}"
            text += f"\nlisten {door}\n    bind {self.addresses[door]}\n"
            for name, address, speed in self._servers:
                weight = max(1, round(_MAX_WEIGHT * speed / fastest)) if door == "weighted" else 1
                text += f"    server {name} {address} weight {weight}\n"
        config = self._folder / "haproxy.cfg"
        config.write_text(text, encoding="ascii")
        self.process = subprocess.Popen(
            [binary(), "-db", "-f", str(config)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for address in self.addresses.values():
            self._wait(address)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _wait(self, address):
        host, port = address.rsplit(":", 1)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("haproxy did not start")
