"""Parts of the shipped text model; read glosses.py, then weights.py, then stages.py."""
