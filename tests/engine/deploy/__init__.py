"""The journal of a deploy, next to what AWS documents for the same."""
