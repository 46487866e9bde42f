"""Commands that bring software onto a machine, or change what is on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from policies.boot.shell import SHELLS, Command

#: By tool, the verbs that change the machine; "" stands for any use of it.
_VERBS: dict[str, str] = {
    **dict.fromkeys(
        ("apt", "apt-get", "aptitude"),
        "install reinstall upgrade dist-upgrade full-upgrade update build-dep",
    ),
    **dict.fromkeys(
        ("yum", "dnf", "dnf5", "microdnf", "tdnf"),
        "install update upgrade localinstall reinstall groupinstall group distro-sync swap module builddep "
        "upgrade-minimal update-minimal system-upgrade makecache check-update",
    ),
    "zypper": "install in update up dup dist-upgrade patch addrepo refresh",
    "apk": "add upgrade update fix",
    "snap": "install refresh",
    "flatpak": "install update",
    "brew": "install upgrade update",
    "pipx": "install upgrade inject run",
    "npm": "install i ci add update",
    "pnpm": "install i add update dlx",
    "yarn": "install add upgrade global",
    "gem": "install update",
    "bundle": "install update",
    "composer": "install update require create-project",
    "go": "install get",
    "cargo": "install",
    **dict.fromkeys(("conda", "mamba", "micromamba"), "install update create"),
    "amazon-linux-extras": "install enable",
    "add-apt-repository": "",
    "yum-config-manager": "",
    "yum-builddep": "",
    "unattended-upgrade": "",
    "unattended-upgrades": "",
    "update-manager": "",
    "do-release-upgrade": "",
    "cloud-init-per": "",
    "git": "clone pull fetch",
    "svn": "checkout co update up",
    "hg": "clone pull",
    "ansible-pull": "",
    "ansible-playbook": "",
    "chef-client": "",
    "chef-solo": "",
    "cinc-client": "",
    "puppet": "apply agent",
    "salt-call": "",
    "easy_install": "",
    "cpan": "",
    "cpanm": "",
    "choco": "install upgrade",
    "winget": "install upgrade",
    "helm": "install upgrade",
}
#: Tools whose options say what they do: letters of a short option, and long ones.
_OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "rpm": ("iUF", ("--install", "--upgrade", "--freshen", "--import")),
    "dpkg": ("i", ("--install", "--unpack")),
    "pacman": ("SU", ("--sync", "--upgrade")),
    "installer": ("", ("-pkg",)),
}
_DOWNLOADERS = frozenset({"curl", "wget", "aria2c", "fetch", "http", "https"})
_UNPACKERS = frozenset({"tar", "bsdtar", "cpio", "unzip", "install"})
#: What runs what it is given or reads.
_INTERPRETERS = SHELLS | {"source", ".", "eval", "python", "python3", "perl", "ruby", "node", "php"}


def installs(found: Iterable[Command]) -> Iterator[str]:
    """Each command that installs or upgrades, and each that runs or unpacks a download, as it stands in the script."""
    fetched: set[str] = set()
    for command in found:
        fetched |= _fetched(command)
        if _changes(command):
            yield command.text
        elif _runs_a_download(command, fetched):
            yield " | ".join([*(one.text for one in command.fed_by if one.text not in command.text), command.text])


def _changes(command: Command) -> bool:
    name, arguments = command.name, command.words[1:]
    if name in _OPTIONS:
        letters, long = _OPTIONS[name]
        return any(_has(word, letters) or word in long for word in arguments)
    if name == "uv":
        return _changes(replace(command, words=arguments)) or arguments[:1] in [("sync",), ("tool",), ("add",)]
    if name.startswith("pip") and name.removeprefix("pip").replace(".", "").isdigit() | (name == "pip"):
        return _verb(arguments) in ("install", "download", "wheel")
    if name.startswith("python") and "-m" in arguments:
        module = arguments[arguments.index("-m") + 1 :]
        return module[:1] == ("ensurepip",) or _changes(replace(command, words=module))
    if name == "" and _verb(arguments) in ("install", "upgrade", "dist-upgrade"):
        return True  # `$TOOL install …`: only the run knows the tool.
    verbs = _VERBS.get(name)
    if verbs is None:
        return False
    return not verbs or any(word in verbs.split() for word in arguments if not word.startswith("-"))


def _verb(arguments: tuple[str, ...]) -> str:
    return next((word for word in arguments if not word.startswith("-")), "")


def _has(word: str, letters: str) -> bool:
    return word.startswith("-") and not word.startswith("--") and any(one in word[1:] for one in letters)


def _fetched(command: Command) -> set[str]:
    """The files that a command downloads."""
    if command.name not in _DOWNLOADERS:
        return set()
    words = command.words
    files = {command.writes} if command.writes else set[str]()
    for index, word in enumerate(words[:-1]):
        if word in ("-o", "-O", "--output", "--output-document", "--out") and not words[index + 1].startswith("-"):
            files.add(words[index + 1])
    files |= {word.partition("=")[2] for word in words if word.startswith(("--output=", "--output-document="))}
    if command.name == "wget" or any(_has(word, "O") for word in words):
        files |= {word.rpartition("/")[2] for word in words if "://" in word}
    return files - {"-", ""}


def _runs_a_download(command: Command, fetched: set[str]) -> bool:
    takes_in = command.name in _INTERPRETERS | _UNPACKERS
    if takes_in and any(one.name in _DOWNLOADERS for one in command.fed_by):
        return True
    if command.name in _UNPACKERS and fetched & {*command.words[1:]}:
        return True
    run = command.words[1:] if command.name in _INTERPRETERS else command.words[:1]
    names = {word.removeprefix("./") for word in run}
    return bool(names & {name.removeprefix("./") for name in fetched})
