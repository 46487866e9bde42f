"""Drift: what differs between a stack and the cloud, in the release's words.

`held` reads what the state holds and what each release says; `properties` turns a refresh that changes nothing into
sentences; `look` asks the cloud for what no state holds (instances, targets, suspended processes), `fleets` judges it;
`orphaned` adopts or removes what carries the stack's tags and is in no state. `judge` puts them together.
"""
