"""What the scenarios share: starting fleets and loads, CPU and memory, medians, tables."""
