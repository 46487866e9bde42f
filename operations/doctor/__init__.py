"""Doctor: what is missing on this machine, or in the account, before an update finds out half-way.

A check is a small function that looks at one thing and says what it found; `checks` lists them all, `run` asks them
side by side, each with the same bound on its time. No check needs another to have passed.
"""
