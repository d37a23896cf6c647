"""Floor 3: decisions as pure functions: data and `now` in, decision out; no session, clock, network or Flask.

An audience is decided as conditions on the models, which others put into a query.
"""
