"""The Python language host that stands beside an engine built from its Go module."""
