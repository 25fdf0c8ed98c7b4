"""The recipe. One thread and fixed seeds: on one machine kind the same weights come out again.

SGD with Nesterov momentum, warm-up then a cosine down to zero, weight decay on weight matrices
only; pictures are mirrored and shifted. Every exit is trained at once. An early exit learns half
from the label and half from the last exit's softened answer (Hinton et al. 2015, "Distilling the
knowledge in a neural network", equation 1 with the T^2 factor of section 2). That answer is
detached: a teacher does not bend to its pupils.
"""

import math
import time
from typing import List, NamedTuple

import torch
from torch.nn import functional

from training import dataset
from training import network


class Recipe(NamedTuple):
    """Everything that decides the weights, beside the architecture and the data."""
    epochs: int = 15
    batch: int = 128
    learning_rate: float = 0.1
    warm_up_share: float = 0.12
    momentum: float = 0.9
    weight_decay: float = 5e-4
    shift_pixels: int = 2
    exit_weights: tuple = (0.25, 0.3, 0.4, 1.0)
    distillation_share: float = 0.5
    distillation_temperature: float = 2.0
    seed: int = 0


def Train(data: dataset.Dataset, recipe: Recipe, max_steps: int = 0) -> network.EarlyExitNetwork:
    """Trains from scratch, a printed line per epoch; `max_steps` above 0 ends early (trials)."""
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    model = network.EarlyExitNetwork().to(memory_format=torch.channels_last)
    optimizer = _MakeOptimizer(model, recipe)
    steps_per_epoch = len(data.train.labels) // recipe.batch
    total_steps = recipe.epochs * steps_per_epoch
    if max_steps > 0:
        total_steps = min(total_steps, max_steps)

    started_s = time.monotonic()
    step = 0
    for epoch in range(recipe.epochs):
        model.train()
        order = torch.randperm(len(data.train.labels), generator=generator)
        for first in range(0, steps_per_epoch * recipe.batch, recipe.batch):
            if step == total_steps:
                break
            _SetLearningRate(optimizer, recipe, step / total_steps)
            chosen = order[first:first + recipe.batch]
            images = _Augment(data.train.images[chosen], recipe.shift_pixels, generator)
            loss = _Loss(model(_Lay(images)), data.train.labels[chosen], recipe)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
        accuracies = Accuracies(Evaluate(model, data.held_out.images), data.held_out.labels)
        print(f"epoch {epoch + 1}/{recipe.epochs}  {time.monotonic() - started_s:.0f} s  "
              "held-out accuracy % " + " ".join(f"{100 * a:.2f}" for a in accuracies), flush=True)
        if step == total_steps:
            break
    return model.to(memory_format=torch.contiguous_format)


def Evaluate(model: network.EarlyExitNetwork, images: torch.Tensor) -> List[torch.Tensor]:
    """Logits [n, classes] of every exit, in evaluation mode."""
    model.eval()
    parts = []
    with torch.no_grad():
        for chunk in images.split(500):
            parts.append(model(_Lay(chunk)))
    return [torch.cat(exit_parts) for exit_parts in zip(*parts)]


def Accuracies(logits: List[torch.Tensor], labels: torch.Tensor) -> List[float]:
    """Share of right answers, per exit."""
    return [(answer.argmax(1) == labels).double().mean().item() for answer in logits]


def _Lay(images: torch.Tensor) -> torch.Tensor:
    return dataset.ToModelInput(images).contiguous(memory_format=torch.channels_last)


def _MakeOptimizer(model, recipe: Recipe) -> torch.optim.Optimizer:
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay},
              {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=True)


def _SetLearningRate(optimizer, recipe: Recipe, progress: float):
    if progress < recipe.warm_up_share:
        factor = progress / recipe.warm_up_share
    else:
        factor = 0.5 * (1 + math.cos(
            math.pi * (progress - recipe.warm_up_share) / (1 - recipe.warm_up_share)))
    for group in optimizer.param_groups:
        group["lr"] = max(recipe.learning_rate * factor, 1e-4)


def _Augment(images: torch.Tensor, shift: int, generator: torch.Generator) -> torch.Tensor:
    """Mirrors half of the pictures and moves each by up to `shift` pixels over black."""
    count, _, height, width = images.shape
    mirrored = torch.rand(count, generator=generator) < 0.5
    images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    padded = functional.pad(images, (shift, shift, shift, shift))
    rows, columns = torch.randint(0, 2 * shift + 1, (2, count, 1), generator=generator)
    rows = (rows + torch.arange(height))[:, :, None]
    columns = (columns + torch.arange(width))[:, None, :]
    return padded[torch.arange(count)[:, None, None], 0, rows, columns][:, None]


def _Loss(logits: List[torch.Tensor], labels: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    temperature = recipe.distillation_temperature
    share = recipe.distillation_share
    teacher = functional.softmax(logits[-1].detach() / temperature, 1)
    total = recipe.exit_weights[-1] * functional.cross_entropy(logits[-1], labels)
    for weight, answer in zip(recipe.exit_weights[:-1], logits[:-1]):
        label_loss = functional.cross_entropy(answer, labels)
        teacher_loss = functional.kl_div(functional.log_softmax(answer / temperature, 1), teacher,
                                         reduction="batchmean") * temperature ** 2
        total = total + weight * ((1 - share) * label_loss + share * teacher_loss)
    return total
