"""Writes a bundle: a folder that holds bundle.yaml and everything that it names.

Standard library only. The folder appears whole or not at all: everything is written into a
neighbour first, which then changes places with what was there.
"""

import ctypes
import errno
import hashlib
import os
import pathlib
import shutil
from typing import Dict, List, NamedTuple, Optional, Sequence

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class TensorSpec(NamedTuple):
    """A model input or output; the first dimension is the batch, -1."""
    name: str
    shape: Sequence[int]
    datatype: str = "FP32"


class StageRecord(NamedTuple):
    """One entry of `stages`; figures are for one task."""
    model: bytes
    receives: Sequence[str]
    sends: Sequence[str]
    gflops: float
    output_bytes: int
    memory_bytes: int
    exit: Optional[str] = None
    temperature: Optional[float] = None


class TokenizerRecord(NamedTuple):
    """What turns the text input into token ids and mask, the tensors that stage 1 receives."""
    content: bytes  # of tokenizer.json
    input: str
    ids: str
    mask: str
    max_tokens: int


class Bundle(NamedTuple):
    """What bundle.yaml says. `exits_csv` is the text of ExitProfileText."""
    name: str
    inputs: List[TensorSpec]
    outputs: List[TensorSpec]
    stages: List[StageRecord]
    labels: Optional[List[str]] = None
    exits_csv: Optional[str] = None
    tokenizer: Optional[TokenizerRecord] = None


def ExitProfileText(confidence: Dict[int, Sequence[float]],
                    correct: Dict[int, Sequence[bool]]) -> str:
    """The exit profile (CSV): one row a sample; both are keyed by stage, 1-based.

    The last stage has `correct` only. Six decimals, so that a threshold near 1 still tells samples
    apart.
    """
    header, columns = [], []
    for stage in sorted(correct):
        if stage in confidence:
            header.append(f"confidence_{stage}")
            columns.append([f"{value:.6f}" for value in confidence[stage]])
        header.append(f"correct_{stage}")
        columns.append([str(int(value)) for value in correct[stage]])
    return "\n".join(",".join(row) for row in [header, *zip(*columns)]) + "\n"


def Write(bundle: Bundle, folder: pathlib.Path, extra_files: Optional[Dict[str, str]] = None):
    """Writes `folder`, replacing it; `extra_files` (name to text) travel along, as does a README.md
    that is already there."""
    files = {f"stage{i + 1}.onnx": stage.model for i, stage in enumerate(bundle.stages)}
    files["bundle.yaml"] = _BundleYaml(bundle).encode()
    if bundle.labels is not None:
        files["labels.txt"] = ("\n".join(bundle.labels) + "\n").encode()
    if bundle.exits_csv is not None:
        files["exits.csv"] = bundle.exits_csv.encode()
    if bundle.tokenizer is not None:
        files["tokenizer.json"] = bundle.tokenizer.content
    for name, text in (extra_files or {}).items():
        files[name] = text.encode()
    readme = folder / "README.md"
    if readme.exists():
        files.setdefault("README.md", readme.read_bytes())

    partial = folder.parent / f".{folder.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, content in files.items():
        (partial / name).write_bytes(content)
    _Install(partial, folder)


def _BundleYaml(bundle: Bundle) -> str:
    lines = ["version: 1", f"name: {bundle.name}",
             f"inputs: [{', '.join(map(_TensorText, bundle.inputs))}]",
             f"outputs: [{', '.join(map(_TensorText, bundle.outputs))}]"]
    if bundle.labels is not None:
        lines.append("labels: labels.txt")
    if bundle.exits_csv is not None:
        lines.append("exit_profile: exits.csv")
    if bundle.tokenizer is not None:
        lines += ["tokenizer:", "  file: tokenizer.json",
                  f"  sha256: {hashlib.sha256(bundle.tokenizer.content).hexdigest()}",
                  f"  input: {bundle.tokenizer.input}", f"  ids: {bundle.tokenizer.ids}",
                  f"  mask: {bundle.tokenizer.mask}",
                  f"  max_tokens: {bundle.tokenizer.max_tokens}"]
    lines.append("stages:")
    for number, stage in enumerate(bundle.stages, start=1):
        entry = {"file": f"stage{number}.onnx",
                 "sha256": hashlib.sha256(stage.model).hexdigest(),
                 "receives": f"[{', '.join(stage.receives)}]",
                 "sends": f"[{', '.join(stage.sends)}]",
                 "exit": stage.exit,
                 "temperature": None if stage.temperature is None else f"{stage.temperature:.4f}",
                 "gflops": f"{stage.gflops:.9f}",
                 "output_bytes": stage.output_bytes,
                 "memory_bytes": stage.memory_bytes}
        text = [f"    {key}: {value}" for key, value in entry.items() if value is not None]
        lines += ["  - " + text[0].lstrip(), *text[1:]]
    return "\n".join(lines) + "\n"


def _TensorText(tensor: TensorSpec) -> str:
    shape = ", ".join(map(str, tensor.shape))
    return f"{{name: {tensor.name}, datatype: {tensor.datatype}, shape: [{shape}]}}"


def _Install(partial: pathlib.Path, folder: pathlib.Path):
    if not folder.exists():
        partial.rename(folder)
        return
    # Two plain renames leave a moment without any bundle; the exchange, where the file system has
    # it, leaves none.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, os.fsencode(partial), _AT_FDCWD, os.fsencode(folder),
                      _RENAME_EXCHANGE) == 0:
        shutil.rmtree(partial)
        return
    code = ctypes.get_errno()
    if code not in (errno.EINVAL, errno.ENOSYS):
        raise OSError(code, f"cannot exchange with {partial.name}: {os.strerror(code)}",
                      str(folder))
    replaced = folder.parent / f".{folder.name}.replaced"
    shutil.rmtree(replaced, ignore_errors=True)
    folder.rename(replaced)
    try:
        partial.rename(folder)
    except OSError:
        replaced.rename(folder)
        raise
    shutil.rmtree(replaced)
