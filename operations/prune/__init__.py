"""What no release needs any more: images with their snapshots, launch templates, target groups.

`items` has the words; `plan` decides, without a cloud; `stacks` reads what the project's stacks need, `uses` what the
account's own things name, `inventory` what stands and may be pruned at all; `guard` refuses what looks wrong; `walk`
marks, looks again and deletes; `command` and `show` are its face.

Nothing is deleted in the run that finds it unneeded: it is marked, and a later run that still finds it so deletes it.
"""
