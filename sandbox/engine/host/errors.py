"""What can keep the host from doing what the engine asks, each with a sentence for the user.

HostError
├── EnvironmentMissingError  the `virtualenv` option names something that can't run a program
├── InstallError             a step of `pulumi install` failed
├── PackError                a policy pack doesn't start
└── EndedError               the engine has asked for the end of everything
"""


class HostError(Exception):
    """The engine shows its message as the reason of a failed command."""


class EnvironmentMissingError(HostError):
    """The message names the directory and the command that creates it."""


class InstallError(HostError):
    """The message names the command; what it printed has been shown and says why."""


class PackError(HostError):
    """The message names the pack; what it printed has been shown and says why."""


class EndedError(HostError):
    """Nothing is started any more."""
