"""The history as one page that opens from disk: releases over time, each update, and what differs between any two.

`data` puts the history into what the page reads; `page` makes the file of it, from the template and the scripts beside
it; `command` writes it, or shows the history's own table.
"""
