"""What the tiny model itself answers: ONNX Runtime on the bundle's files, none of our code."""

import numpy as np
import onnxruntime
import yaml


class Reference:
    def __init__(self, bundle):
        self.stages = yaml.safe_load((bundle / "bundle.yaml").read_text())["stages"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.sessions = [
            onnxruntime.InferenceSession(str(bundle / stage["file"]), options,
                                         providers=["CPUExecutionProvider"])
            for stage in self.stages]

    def answers(self, x):
        """By exit stage: logits and confidence of every row of `x`."""
        tensors, result = {"x": np.asarray(x, np.float32)}, {}
        for number, (stage, session) in enumerate(zip(self.stages, self.sessions), start=1):
            names = [output.name for output in session.get_outputs()]
            feed = {i.name: tensors[i.name] for i in session.get_inputs()}
            tensors.update(zip(names, session.run(names, feed)))
            logits = tensors[stage["exit"]]
            scaled = np.exp((logits - logits.max(axis=1, keepdims=True)) /
                            stage.get("temperature", 1.0))
            result[number] = logits, (scaled / scaled.sum(axis=1, keepdims=True)).max(axis=1)
        return result

    def check(self, x, exit_stages, logits, confidence):
        """Raises AssertionError unless each row holds what its exit gives."""
        want = self.answers(x)
        for i, stage in enumerate(exit_stages):
            np.testing.assert_allclose(logits[i], want[stage][0][i], rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(confidence[i], want[stage][1][i], rtol=1e-3, atol=1e-4)
