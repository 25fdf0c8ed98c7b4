"""MiniLM in PyTorch with an answer after every second layer, as it is trained."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from text_model import weights as arrays
from text_model.weights import LayerName

RANK = 32


class LowRank(nn.Module):
    """A linear layer whose matrix stays as it was, plus a trained change of low rank."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor):
        super().__init__()
        self.register_buffer("weight", weight)
        self.bias = nn.Parameter(bias)
        outputs, inputs = weight.shape
        self.down = nn.Parameter(torch.randn(RANK, inputs) / inputs ** 0.5)
        self.up = nn.Parameter(torch.zeros(outputs, RANK))

    def forward(self, x):
        return functional.linear(x, self.weight, self.bias) + (x @ self.down.t()) @ self.up.t()


class Layer(nn.Module):
    def __init__(self, source, layer: int):
        super().__init__()

        def Take(part, kind):
            return torch.from_numpy(source[LayerName(layer, f"{part}.{kind}")].copy())

        self.parts = nn.ModuleDict({
            part.replace(".", "_"): LowRank(Take(part, "weight"), Take(part, "bias"))
            for part in arrays.MATRICES})
        self.norms = nn.ModuleDict()
        for part in arrays.NORMS:
            norm = nn.LayerNorm(arrays.WIDTH, arrays.NORM_EPSILON)
            norm.weight.data, norm.bias.data = Take(part, "weight"), Take(part, "bias")
            self.norms[part.replace(".", "_")] = norm

    def forward(self, x, bias):
        rows, tokens, width = x.shape

        def PerHead(name):
            y = self.parts[f"attention_self_{name}"](x)
            return y.view(rows, tokens, arrays.HEADS, -1).transpose(1, 2)

        scores = PerHead("query") @ PerHead("key").transpose(2, 3)
        scores = scores * (width // arrays.HEADS) ** -0.5 + bias
        mixed = (torch.softmax(scores, -1) @ PerHead("value")).transpose(1, 2)
        mixed = self.parts["attention_output_dense"](mixed.reshape(rows, tokens, width))
        x = self.norms["attention_output_LayerNorm"](x + mixed)
        hidden = functional.gelu(self.parts["intermediate_dense"](x))
        return self.norms["output_LayerNorm"](x + self.parts["output_dense"](hidden))


class Network(nn.Module):
    """forward(ids, mask) gives the logits of every exit, the last stage's last."""

    def __init__(self, source, classes: int):
        super().__init__()

        def Take(name):
            return torch.from_numpy(source[f"embeddings.{name}"].copy())

        self.register_buffer("words", Take("word_embeddings.weight"))
        self.register_buffer("places", Take("position_embeddings.weight") +
                             Take("token_type_embeddings.weight")[0])
        self.register_buffer("norm_weight", Take("LayerNorm.weight"))
        self.register_buffer("norm_bias", Take("LayerNorm.bias"))
        self.layers = nn.ModuleList([Layer(source, i) for i in range(arrays.LAYERS)])
        self.heads = nn.ModuleList([nn.Linear(arrays.WIDTH, classes)
                                    for _ in range(arrays.STAGES)])

    def forward(self, ids, mask):
        with torch.no_grad():
            x = functional.layer_norm(self.words[ids] + self.places[:ids.shape[1]],
                                      [arrays.WIDTH], self.norm_weight, self.norm_bias,
                                      arrays.NORM_EPSILON)
        weight = mask.float()
        bias = (1 - weight)[:, None, None, :] * -1e4
        answers = []
        for number, layer in enumerate(self.layers, start=1):
            x = layer(x, bias)
            if number % 2 == 0:
                pooled = (x * weight[:, :, None]).sum(1) / weight.sum(1, keepdim=True)
                answers.append(self.heads[number // 2 - 1](pooled))
        return answers

    def Deltas(self):
        """What weights.py stores."""
        stored = {}
        for number, layer in enumerate(self.layers):
            for part in arrays.MATRICES:
                module = layer.parts[part.replace(".", "_")]
                name = LayerName(number, part)
                down, down_exponent = arrays.FixedPoint(module.down.detach().numpy())
                up, up_exponent = arrays.FixedPoint(module.up.detach().numpy())
                stored[f"{name}.weight.down"], stored[f"{name}.weight.up"] = down, up
                stored[f"{name}.weight.exponents"] = np.array(
                    [down_exponent, up_exponent], "i4")
                stored[f"{name}.bias"] = module.bias.detach().numpy()
            for part in arrays.NORMS:
                module = layer.norms[part.replace(".", "_")]
                stored[LayerName(number, f"{part}.weight")] = module.weight.detach().numpy()
                stored[LayerName(number, f"{part}.bias")] = module.bias.detach().numpy()
        for number, head in enumerate(self.heads, start=1):
            stored[f"heads.{number}.weight"] = head.weight.detach().numpy()
            stored[f"heads.{number}.bias"] = head.bias.detach().numpy()
        return stored

    def UseStored(self, stored):
        """What is evaluated is what is shipped: factors as fixed point gives them back."""
        for number, layer in enumerate(self.layers):
            for part in arrays.MATRICES:
                module = layer.parts[part.replace(".", "_")]
                name = LayerName(number, part) + ".weight"
                for factor, exponent in zip(("down", "up"), stored[name + ".exponents"]):
                    values = np.ldexp(stored[f"{name}.{factor}"].astype("f8"), -exponent)
                    getattr(module, factor).data = torch.from_numpy(values.astype("f4"))
