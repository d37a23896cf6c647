"""Floor 1: configuration, database, clock, links, tokens, errors and log; knows nothing of webinars."""
