"""What became of a stack: an entry an update, with what served after it.

`entries` reads the engine's history; `state` what a checkpoint says of what stands; `checkpoints` finds the checkpoint
that the backend keeps beside each entry, in a bucket of `buckets`; `unfinished` sees what has no entry yet; `changes`
says what one entry changed; `table` shows it.
"""
