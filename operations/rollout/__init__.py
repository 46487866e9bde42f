"""A rollout: from what stands to one release with all of the traffic, an edit of the config and an update a step.

`planner` knows what comes next, and how it is taken back; `config_file` edits the stack's config; `situation` reads
what stands and refuses what is not as expected; `walk` does the steps, `update` runs one, `hold` waits between two;
`forecast` tells of them before; `show` tells of them as they happen. A rollout has no memory of its own: its place is
what the stack's last update left.
"""
