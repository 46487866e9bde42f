"""Every behaviour of every type on the real engine: each cell of the table is a resource, hundreds in one update."""
