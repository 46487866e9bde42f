"""Bringing a whole sandbox up and down: engine, cloud, provider, backend, stacks."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox import cloud, provider
from sandbox.engine import Engine, Report, ensure_engine, install
from sandbox.environment import enter
from sandbox.home import REGION, Home
from sandbox.stacks import PulumiError, Stacks
from sandbox.status import CloudStatus, read_status

#: How long `up` waits for targets that are in their first health checks.
SETTLE_S = 60.0


class SandboxError(Exception):
    """The sandbox isn't in the state that a command needs; the message says what to do."""


@dataclass(frozen=True)
class Sandbox:
    """A project and the home of its sandbox."""

    project: Path
    home: Home

    def url(self) -> str:
        """The address of the running cloud.

        Raises:
            SandboxError: it doesn't run.
        """
        url = cloud.running(self.home.cloud)
        if url is None:
            raise SandboxError("The sandbox is not running. Start it: make up")
        return url

    def stacks(self) -> Stacks:
        """The project's stacks in this sandbox, which must be running."""
        return Stacks(self.project, self.home, self.url())

    def start(self, selected: str, seed: Path | None, report: Report, *, real_plugin: bool = False) -> Engine:
        """Make everything ready for `pulumi`: whatever is there already is kept.

        Raises:
            EngineError, CloudError, PluginError, PulumiError: with what to do.
        """
        engine = ensure_engine(report)
        report(f"Pulumi {engine.version} from {engine.pulumi}")
        install(engine, self.home)
        if real_plugin:
            report(f"AWS plugin {provider.install_real(self.home.pulumi_home, self.home.users_pulumi_home).resolve()}")
        else:
            provider.install(self.home.pulumi_home)
        if self.home.backend.exists() and not cloud.kept(self.home.cloud):
            # A state that outlived the cloud's names resources that no longer exist, and an
            # update of those fails in confusing ways.
            report("what the cloud held is lost, or of another version: the stacks start empty")
            shutil.rmtree(self.home.backend)
        url = cloud.start(self.home.cloud, seed)
        report(f"cloud at {url}")
        self._write_settings()
        for stack in Stacks(self.project, self.home, url).create_missing(selected):
            report(f"created stack {stack}")
        return engine

    def settle(self) -> CloudStatus:
        """The status of the cloud once no target waits for its first health check any more."""
        deadline = time.monotonic() + SETTLE_S
        while not (status := self.status()).settled and time.monotonic() < deadline:
            time.sleep(1)
        return status

    def status(self) -> CloudStatus:
        """What stands in the cloud now."""
        enter(self.home, self.url())
        return read_status()

    def stop(self, report: Report) -> bool:
        """Destroy what the stacks hold, stop the cloud and remove the home.

        Every step is done whether or not the ones before it succeeded, so that a sandbox that is
        only half there goes as well. False if a stack couldn't be destroyed in order; its
        resources are gone all the same, with the cloud.
        """
        orderly = True
        if cloud.running(self.home.cloud) and (self.home.bin / "pulumi").exists():
            orderly = self._destroy(report)
        cloud.stop(self.home.cloud)
        if self.home.root.exists():
            shutil.rmtree(self.home.root)
            report(f"removed {self.home.root}")
        return orderly

    def reset(self, selected: str) -> None:
        """Empty the cloud and its journal, and create the stacks anew, without a history."""
        self.url()
        cloud.reset(self.home.cloud)
        shutil.rmtree(self.home.backend, ignore_errors=True)
        self._write_settings()
        self.stacks().create_missing(selected)

    def _destroy(self, report: Report) -> bool:
        stacks, orderly = self.stacks(), True
        try:
            names = [stack.name for stack in stacks.existing() if stack.resources]
            for name in names:
                stacks.unlock(name)
                report(f"destroying stack {name}")
                code = stacks.run("destroy", "--yes", "--skip-preview", "--run-program", "--stack", name)
                orderly = orderly and code == 0
        except PulumiError as error:
            report(str(error))
            return False
        return orderly

    def _write_settings(self) -> None:
        self.home.backend.mkdir(parents=True, exist_ok=True)
        self.home.aws.mkdir(parents=True, exist_ok=True)
        (self.home.aws / "config").write_text(f"[default]\nregion = {REGION}\n")
        (self.home.aws / "credentials").write_text("")
