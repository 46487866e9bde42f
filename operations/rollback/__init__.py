"""A rollback: from what serves to what served after an earlier entry of the stack's history.

`choice` finds the entry by what each `left`, `goal` what its releases are today, `whole` and `secrets` the rest of its
config; `images` and `git` check what it needs; `targets` are the resources of one service; `look` puts these together,
`told` says what will be done, `back` does it.
"""
