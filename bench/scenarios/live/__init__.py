"""The demo's long form: every policy on the same arrivals, over seeds, fleets and gateways."""
