"""Few numbers for many."""

import math

import numpy as np

# Two-sided 95 % quantiles of Student's t by degrees of freedom; beyond, the normal's.
_T95 = {1: 12.71, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


def median(values):
    return float(np.median(values)) if len(values) else math.nan


def mean(values):
    return float(np.mean(values)) if len(values) else math.nan


def percentile(values, percent):
    return float(np.percentile(values, percent)) if len(values) else math.nan


def interval95(values):
    """Half the width of the 95 % interval on the mean of independent values; nan below 2."""
    count = len(values)
    if count < 2:
        return math.nan
    return _T95.get(count - 1, 1.96) * float(np.std(values, ddof=1)) / math.sqrt(count)


def slope(times, values):
    """Least-squares slope, and half its 95 % interval (residuals taken as independent)."""
    times, values = np.asarray(times, float), np.asarray(values, float)
    if len(times) < 3:
        return math.nan, math.nan
    centred = times - times.mean()
    spread = float(np.sum(centred**2))
    gradient = float(np.sum(centred * (values - values.mean())) / spread)
    residuals = values - values.mean() - gradient * centred
    error = math.sqrt(float(np.sum(residuals**2)) / (len(times) - 2) / spread)
    return gradient, 1.96 * error


def poisson_arrivals(random, steps):
    """Arrival times of a Poisson process whose rate follows (seconds, tasks_per_s) pairs."""
    arrivals, start = [], 0.0
    for seconds, tasks_per_s in steps:
        # Given their number, Poisson arrivals are uniform.
        count = random.poisson(seconds * tasks_per_s)
        arrivals.append(start + np.sort(random.uniform(0, seconds, count)))
        start += seconds
    return np.concatenate(arrivals)
