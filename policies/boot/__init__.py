"""What an instance does when it boots, read from its user data: scripts are parsed, not searched."""

from policies.boot.user_data import findings

__all__ = ["findings"]
