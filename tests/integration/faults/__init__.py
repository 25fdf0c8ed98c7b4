"""What test_faults.py and test_garbage.py share: load, storms, attacks, and looks at processes."""
