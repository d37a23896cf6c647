"""Floor 3: decisions as pure functions: data and `now` in, decision out; no database, clock, network or Flask."""
