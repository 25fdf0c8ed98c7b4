#!/usr/bin/env python3
"""Makes a one-stage bundle of a staged one: `whole_model.py BUNDLE OUTDIR`. Needs python3-onnx.

Reads bundle.yaml as JSON from standard input, since the interpreter that has the onnx package need
not have a YAML reader (harness/paths.py calls it so). The stages' graphs are joined where one sends
what the next receives; only the last exit is kept, as somebody has it who runs the whole model on
every machine.
"""

import argparse
import json
import pathlib
import sys

import onnx
from onnx import checker, compose, utils

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "models"))
import bundle_files  # noqa: E402  (beside the scripts that make bundles)


def join(folder, stages):
    """One model out of the stages' files; inner names get a prefix, so that none meet."""
    whole = None
    for number, stage in enumerate(stages, start=1):
        model = onnx.load(str(folder / stage["file"]))
        keep = set(stage["receives"])
        renamed = compose.add_prefix(model, f"stage{number}/")
        if whole is None:
            whole = renamed
            continue
        sent = stages[number - 2]["sends"]
        links = [(f"stage{number - 1}/{name}", f"stage{number}/{name}") for name in sent
                 if name in keep]
        whole = compose.merge_models(whole, renamed, io_map=links)
    return whole


def only_last_exit(model, first_inputs, answer, stage_count):
    """Without the other exits and what only they need; interface names as before the join."""
    names = [f"stage1/{name}" for name in first_inputs]
    whole = utils.Extractor(model).extract_model(names, [f"stage{stage_count}/{answer}"])
    back = dict(zip(names, first_inputs))
    back[f"stage{stage_count}/{answer}"] = answer
    for value in [*whole.graph.input, *whole.graph.output]:
        value.name = back[value.name]
    for node in whole.graph.node:
        for names_of in (node.input, node.output):
            names_of[:] = [back.get(name, name) for name in names_of]
    checker.check_model(whole, full_check=True)
    return whole


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=pathlib.Path)
    parser.add_argument("outdir", type=pathlib.Path)
    options = parser.parse_args()
    source = json.load(sys.stdin)
    stages = source["stages"]
    inputs = [tensor["name"] for tensor in source["inputs"]]
    whole = only_last_exit(join(options.bundle, stages), inputs, stages[-1]["exit"], len(stages))
    record = bundle_files.StageRecord(
        model=whole.SerializeToString(deterministic=True),
        receives=inputs,
        sends=[],
        exit=stages[-1]["exit"],
        temperature=stages[-1].get("temperature"),
        gflops=sum(stage["gflops"] for stage in stages),
        output_bytes=0,
        memory_bytes=sum(stage["memory_bytes"] for stage in stages),
    )
    bundle_files.Write(
        bundle_files.Bundle(
            name=source["name"],
            inputs=[bundle_files.TensorSpec(t["name"], t["shape"]) for t in source["inputs"]],
            outputs=[bundle_files.TensorSpec(t["name"], t["shape"]) for t in source["outputs"]],
            stages=[record],
        ),
        options.outdir,
    )
    print(options.outdir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
