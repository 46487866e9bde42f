"""What a command says when it can't do its work."""


class OperationError(Exception):
    """Something outside a command's reach is wrong: the sentence says what, and what to do."""
