"""How the text model is trained: every exit at once, the early ones also taught by the last."""

import sys
import time
from typing import Dict, List, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from text_model import network


class Recipe(NamedTuple):
    epochs: float = 1.5
    batch: int = 32
    learning_rate: float = 1e-3     # of the factors and heads, at the peak
    base_rate: float = 2e-4         # of biases and norms
    warm_up: float = 0.06           # share of the steps; then linear down to 0
    weight_decay: float = 0.01
    exit_weights: tuple = (0.7, 0.7, 1.0)
    distilled: float = 0.4          # share of an early exit's loss that the last exit sets
    seed: int = 1


class Part(NamedTuple):
    """One part of what tokenize_glosses.py wrote."""
    ids: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray

    def Batch(self, rows):
        tokens = int(self.lengths[rows].max())
        mask = np.arange(tokens)[None] < self.lengths[rows][:, None]
        return (torch.from_numpy(self.ids[rows, :tokens].astype(np.int64)),
                torch.from_numpy(mask.astype(np.int64)),
                torch.from_numpy(self.labels[rows].astype(np.int64)))


def Load(path) -> Dict[str, Part]:
    with np.load(path, allow_pickle=False) as file:
        return {name: Part(file[f"{name}_ids"], file[f"{name}_lengths"], file[f"{name}_labels"])
                for name in ("learn", "held_out", "test")}


def Train(model: network.Network, part: Part, recipe: Recipe, max_steps: int = 0):
    torch.manual_seed(recipe.seed)
    draw = np.random.RandomState(recipe.seed)
    fast, slow = [], []
    for name, parameter in model.named_parameters():
        is_fast = name.endswith((".down", ".up")) or name.startswith("heads.")
        (fast if is_fast else slow).append(parameter)
    optimizer = torch.optim.AdamW([{"params": fast, "peak": recipe.learning_rate},
                                   {"params": slow, "peak": recipe.base_rate}],
                                  lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    steps = int(recipe.epochs * len(part.labels) / recipe.batch)
    steps = min(steps, max_steps) if max_steps else steps
    started_s, step = time.monotonic(), 0
    model.train()
    while step < steps:
        for rows in _Batches(part, recipe.batch, draw):
            if step == steps:
                break
            done = step / steps
            rate = done / recipe.warm_up if done < recipe.warm_up else \
                (1 - done) / (1 - recipe.warm_up)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * rate
            ids, mask, labels = part.Batch(rows)
            loss = _Loss(model(ids, mask), labels, recipe)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(fast + slow, 1.0)
            optimizer.step()
            step += 1
            if step % 50 == 0:
                print(f"step {step}/{steps}, loss {loss.item():.3f}, "
                      f"{time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
    model.eval()


def Evaluate(model: network.Network, part: Part) -> List[torch.Tensor]:
    """The logits of every exit, [rows, classes]."""
    order = np.argsort(part.lengths, kind="stable")
    logits = None
    with torch.no_grad():
        for first in range(0, len(order), 64):
            rows = order[first:first + 64]
            ids, mask, _ = part.Batch(rows)
            answers = model(ids, mask)
            if logits is None:
                logits = [torch.zeros(len(order), answer.shape[1]) for answer in answers]
            for all_rows, answer in zip(logits, answers):
                all_rows[rows] = answer
    return logits


def _Batches(part: Part, size: int, draw):
    """Once through the rows: rows of like length together, in an order that is drawn."""
    order = draw.permutation(len(part.labels))
    batches = []
    for first in range(0, len(order), 32 * size):
        chunk = order[first:first + 32 * size]
        chunk = chunk[np.argsort(part.lengths[chunk], kind="stable")]
        batches += [chunk[i:i + size] for i in range(0, len(chunk), size)]
    draw.shuffle(batches)
    return batches


def _Loss(answers, labels, recipe: Recipe):
    total = 0
    teacher = functional.softmax(answers[-1].detach(), 1)
    for number, (answer, weight) in enumerate(zip(answers, recipe.exit_weights)):
        loss = functional.cross_entropy(answer, labels)
        if number + 1 < len(answers):
            taught = functional.kl_div(functional.log_softmax(answer, 1), teacher,
                                       reduction="batchmean")
            loss = (1 - recipe.distilled) * loss + recipe.distilled * taught
        total = total + weight * loss
    return total
