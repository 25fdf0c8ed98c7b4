"""What the scenarios share: starting fleets and loads, CPU and memory of processes, medians, tables."""
