"""What became of a stack: an entry an update, with what served after it.

`entries` reads the engine's history; `backend` finds what lies beside it in one of the `buckets` (or in `postgres`);
`state` is what a checkpoint says of what stood; `unfinished` sees what has no entry yet; `config_lines` and `changes`
say what one entry changed; `command` and `table` show it.
"""
