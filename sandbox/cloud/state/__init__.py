"""What a cloud holds outlives its process: a snapshot of moto's models, and a log of the calls answered since.

Nothing that was answered is lost when the process is killed; a crash of the machine may lose what the kernel had not
written yet. `files` is how it lies on disk, `pickling` what a snapshot is, `repeating` why a call of the log gives the
same again, `keeper` puts them together.
"""
