"""Floor 6: rings at the right moment, claims what is due, sends it and records what happened."""
