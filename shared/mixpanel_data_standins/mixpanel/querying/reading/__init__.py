"""What every query reads: its parameters, the events and profiles of its days, its expressions and its buckets."""
