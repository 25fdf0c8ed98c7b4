"""What the checks share: our files, who includes whom, and results remembered by content."""

import concurrent.futures
import hashlib
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Where our C++ lives. Everything else (build folders, third_party) is somebody else's.
CPP_FOLDERS = ("offramp", "tests", "fuzz", "bench", "examples", "python")
CPP_SUFFIXES = (".h", ".cc")
SKIPPED_FOLDERS = {"__pycache__", "node_modules", "golden"}

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def files_below(root, folders, suffixes):
    """Files with one of the suffixes below the folders, as sorted paths relative to root."""
    found = []
    for folder in folders:
        for directory, names, files in os.walk(root / folder):
            names[:] = sorted(n for n in names if n not in SKIPPED_FOLDERS)
            base = pathlib.Path(directory).relative_to(root)
            found += [base / name for name in files if name.endswith(tuple(suffixes))]
    return sorted(found)


def cpp_files(root=ROOT):
    return files_below(root, CPP_FOLDERS, CPP_SUFFIXES)


def includes(text):
    """(line, is_quoted, name) of every include directive, also of those inside #if."""
    for match in _INCLUDE.finditer(text):
        # The expression may begin with the blank line before: count up to the directive itself.
        line = text.count("\n", 0, match.start(2)) + 1
        yield line, match.group(1) == '"', match.group(2)


class SourceTree:
    """Reads each file once and follows includes among our own files."""

    def __init__(self, root=ROOT):
        self.root = pathlib.Path(root)
        self._texts = {}
        self._direct = {}

    def text(self, path):
        path = pathlib.Path(path)
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def direct_includes(self, path):
        """Our own files that `path` includes itself."""
        path = pathlib.Path(path)
        if path not in self._direct:
            named = (pathlib.Path(name) for _, quoted, name in includes(self.text(path)) if quoted)
            self._direct[path] = [name for name in named if (self.root / name).is_file()]
        return self._direct[path]

    def closure(self, path):
        """`path` and every file of ours it includes, directly or not; sorted."""
        seen = {pathlib.Path(path)}
        pending = list(seen)
        while pending:
            for included in self.direct_includes(pending.pop()):
                if included not in seen:
                    seen.add(included)
                    pending.append(included)
        return sorted(seen)

    def content_key(self, path, *extra):
        """A hash of all text of ours that can change how `path` compiles, and of `extra`."""
        digest = hashlib.sha256()
        for part in extra:
            digest.update(str(part).encode() + b"\0")
        for member in self.closure(path):
            digest.update(f"{member}\0".encode() + self.text(member).encode() + b"\0")
        return digest.hexdigest()


class PassCache:
    """Remembers which content keys passed a check; failures are always tried again."""

    def __init__(self, name, folder=None):
        if folder is None:
            base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
            folder = os.path.join(base, "offramp", "checks")
        self._folder = pathlib.Path(folder) / name

    def __contains__(self, key):
        return (self._folder / key[:2] / key).exists()

    def add(self, key):
        mark = self._folder / key[:2] / key
        try:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
        except OSError:
            pass  # No home folder to write to: the check only runs again next time.


def run_cached(jobs, run, cache, workers, progress):
    """Runs `run(job)` -> error text or "" for the (job, key) pairs whose key has not passed yet.

    Returns the list of (job, error text) in the order of `jobs`, and how many ran.
    """
    pending = [(job, key) for job, key in jobs if key not in cache]
    failures = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=workers) as pool:
        for number, ((job, key), error) in enumerate(
            zip(pending, pool.map(lambda pair: run(pair[0]), pending)), start=1
        ):
            if error:
                failures.append((job, error))
            else:
                cache.add(key)
            progress(number, len(pending), job)
    return failures, len(pending)


def show_progress(label, stream):
    """A progress function for run_cached: one updating line on a terminal, nothing elsewhere."""

    def progress(number, total, job):
        if stream.isatty():
            end = "\n" if number == total else ""
            stream.write(f"\r\033[K{label}: {number}/{total} {job}{end}")
            stream.flush()

    return progress


def worker_count():
    return len(os.sched_getaffinity(0))
