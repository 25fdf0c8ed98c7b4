"""The shipped text model once more, in numpy and without any cut: what its stages must agree with."""

import math

import numpy as np

from text_model import weights

_ERF = np.vectorize(math.erf, otypes=[np.float64])


def _norm(x, scale, bias):
    centred = x - x.mean(-1, keepdims=True)
    deviation = np.sqrt((centred ** 2).mean(-1, keepdims=True) + weights.NORM_EPSILON)
    return centred / deviation * scale + bias


def logits(arrays, ids):
    """Of one text's token ids, after every second layer; in float64."""

    def array(name):
        return arrays[name].astype(np.float64)

    def linear(x, name):
        return x @ array(f"{name}.weight").T + array(f"{name}.bias")

    def norm(x, name):
        return _norm(x, array(f"{name}.weight"), array(f"{name}.bias"))

    x = array("embeddings.word_embeddings.weight")[ids]
    x = x + array("embeddings.position_embeddings.weight")[:len(ids)]
    x = norm(x + array("embeddings.token_type_embeddings.weight")[0], "embeddings.LayerNorm")
    answers = []
    for layer in range(weights.LAYERS):
        name = f"encoder.layer.{layer}"

        def heads(part):
            y = linear(x, f"{name}.attention.self.{part}")
            return y.reshape(len(ids), weights.HEADS, -1).transpose(1, 0, 2)

        query, key, value = map(heads, ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True)) @ value
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), -1)
        x = norm(x + linear(mixed, f"{name}.attention.output.dense"),
                 f"{name}.attention.output.LayerNorm")
        hidden = linear(x, f"{name}.intermediate.dense")
        hidden = hidden * (1 + _ERF(hidden / math.sqrt(2))) / 2
        x = norm(x + linear(hidden, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        if layer % 2 == 1:
            answers.append(linear(x.mean(0), f"heads.{layer // 2 + 1}"))
    return answers
