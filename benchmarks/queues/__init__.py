"""Our dispatcher beside the mail queues people would pick instead, on one machine: docs/performance.md.

`contestants.py` says how each is set up; `match.py` plays the rounds; `mail.py` is the mail all of them send.
"""
