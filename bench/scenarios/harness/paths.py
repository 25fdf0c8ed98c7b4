"""Where things are, and making what is missing of them."""

import json
import os
import pathlib
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
OUT = ROOT / "bench" / "out"  # ignored by git
# Debian's interpreter has the onnx package, the test environment has not.
ONNX_PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"

OFFRAMP = pathlib.Path(os.environ.get("OFFRAMP_BINARY", ROOT / "build" / "offramp")).resolve()
CLIENT = OFFRAMP.parent / "bench_client"
BARE = OFFRAMP.parent / "bare_runtime"


def build_tools():
    """Makes the load generator and the yardstick beside the program; instant when there."""
    if not OFFRAMP.exists():
        sys.exit(f"{OFFRAMP} is missing: run `make build`, or name one with OFFRAMP_BINARY")
    if not (OFFRAMP.parent / "build.ninja").exists() and CLIENT.exists() and BARE.exists():
        return  # Copies: nothing to build from.
    result = subprocess.run(
        ["ninja", "--quiet", "-C", str(OFFRAMP.parent), "bench_tools"],
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        sys.exit(f"ninja bench_tools failed:\n{result.stdout}{result.stderr}")


def test_bundle(name):
    """A folder with one of the bundles of models/make_test_models.py."""
    folder = OUT / "models"
    maker = ROOT / "models" / "make_test_models.py"
    bundle = folder / name / "bundle.yaml"
    if not bundle.exists() or bundle.stat().st_mtime < maker.stat().st_mtime:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [ONNX_PYTHON, "-B", str(maker), str(folder)], check=True, stdout=subprocess.DEVNULL
        )
    return bundle.parent


def whole_bundle():
    """A folder with the shipped vision model as one stage (whole_model.py)."""
    folder = OUT / "models" / "fashion-mnist-whole"
    maker = ROOT / "bench" / "scenarios" / "whole_model.py"
    source = ROOT / "models" / "fashion-mnist" / "bundle.yaml"
    made = folder / "bundle.yaml"
    newest = max(maker.stat().st_mtime, source.stat().st_mtime)
    if not made.exists() or made.stat().st_mtime < newest:
        subprocess.run(
            [ONNX_PYTHON, "-B", str(maker), str(source.parent), str(folder)],
            input=json.dumps(yaml.safe_load(source.read_text(encoding="utf-8"))),
            check=True,
            stdout=subprocess.DEVNULL,
            text=True,
        )
    return folder


FASHION_MNIST = ROOT / "models" / "fashion-mnist"
DEMO_FLEET = ROOT / "fleets" / "demo.yaml"
