"""Goes back: the config is edited, reviewed, and exactly what was reviewed is run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from operations.alone import alone
from operations.errors import OperationError, told
from operations.history.state import state_of
from operations.review.report import Review
from operations.review.review import assess
from operations.rollback.left import serving
from operations.rollback.look import Look, Ready, Wanted, serves
from operations.rollback.told import steps_told
from operations.rollout.outcome import FailedError, Outcome, StopError
from operations.rollout.show import Show
from operations.rollout.update import update
from operations.stack import Stack


class Rollback:
    """A rollback of one service of a stack, or of the whole stack.

    Raises:
        OperationError: the stack's config can't be read.
    """

    def __init__(self, stack: Stack, wanted: Wanted, show: Show) -> None:
        self._stack, self._wanted, self._show = stack, wanted, show
        self._look = Look(stack, wanted, show)
        self._file = self._look.file

    def run(self, approve: Callable[[str], bool]) -> Outcome:
        """Look, review, ask `approve` once, and go back. Where the traffic stays, the config does.

        Raises:
            OperationError: something outside of it is wrong.
        """
        with alone(self._stack.folder), told():
            try:
                ready = self._look.ready()
                if ready.is_done:
                    raise StopError(
                        Outcome.DONE, f"{ready.goals[0].service} is as entry {ready.choice.entry.number} left it"
                    )
                with self._program(ready) as runner:
                    self._go(ready, runner, approve)
                text = f"Done: {ready.message}"
                if self._wanted.commit:
                    self._look.checkout.commit(self._file.path, ready.message)
                    text += f"; {self._file.path.name} is committed"
                raise StopError(Outcome.DONE, text)
            except KeyboardInterrupt:
                stop = StopError(Outcome.STOPPED, "Stopped: nothing was touched.")
            except StopError as error:
                stop = error
        kind = {Outcome.DONE: "done", Outcome.BACK: "failed", Outcome.STUCK: "failed", Outcome.STOPPED: "stopped"}
        self._show.event(kind.get(stop.outcome, "refused"), str(stop), outcome=stop.outcome.name.lower())
        return stop.outcome

    @contextmanager
    def _program(self, ready: Ready) -> Generator[Stack]:
        """The stack with the program that is to run; that of then has the new config beside it."""
        entry = ready.choice.entry
        if not self._wanted.of_then:
            yield self._stack
            return
        if entry.commit is None:
            raise OperationError(f"Entry {entry.number} knows no commit, so its program can't be run")
        runtime = self._stack.engine.workspace.project_settings().runtime
        options: dict[str, str] = getattr(runtime, "options", None) or {}
        with self._look.checkout.at(entry.commit, options.get("virtualenv", ".venv")) as folder:
            (folder / self._file.path.name).write_text(ready.after, encoding="utf-8")
            yield Stack(folder, self._stack.name)

    def _go(self, ready: Ready, runner: Stack, approve: Callable[[str], bool]) -> None:
        newest, live, packs = self._stack.newest(), self._stack.cloud().sizes(), self._wanted.policy_packs
        with tempfile.TemporaryDirectory() as folder:
            plan = Path(folder) / "plan.json"
            with self._in_file(ready):
                self._judged(ready, assess(runner, ready.settings, live, packs, (), plan, (), ready.targets))
                if not approve(ready.message):
                    raise StopError(Outcome.STOPPED, "Stopped: nothing was touched.")
                if self._stack.newest() != newest:
                    raise StopError(Outcome.BUSY, "Another update ran in between. Look at it, then run this again.")
            try:
                look = partial(self._look.fleets, ready.goals)
                update(runner, ready.message, look, self._show, str(plan), packs, ready.targets)
            except (FailedError, OperationError, StopError) as failed:
                raise self._after(ready, failed) from None

    @contextmanager
    def _in_file(self, ready: Ready) -> Generator[None]:
        """The config asks for it from here on, unless this is where it ends."""
        self._file.replace(ready.after)
        try:
            yield
        except BaseException:
            self._file.replace(ready.before)
            raise

    def _judged(self, ready: Ready, review: Review) -> None:
        if review.refused or review.errors:
            why = [". ".join(filter(None, (one.why, one.way_out))) for one in review.refusals]
            why += [f"{one.policy}: {one.message}" for one in review.violations if one.mandatory]
            raise StopError(Outcome.REFUSED, f"Refused, and nothing was touched: {'; '.join([*why, *review.errors])}")
        passed, steps = ready.choice.passed, list(steps_told(review.steps))
        lines = [*ready.notes, *(f"passed over: {one}" for one in passed), *(f"step: {one}" for one in steps)]
        self._show.event(
            "review",
            "\n  ".join([ready.message, *lines]),
            entry=ready.choice.entry.number,
            passed=passed,
            notes=ready.notes,
            steps=steps,
        )

    def _after(self, ready: Ready, failed: FailedError | OperationError | StopError) -> Exception:
        """What an update that failed means; the config is put back where no traffic has moved."""
        if not (isinstance(failed, StopError) and failed.outcome is Outcome.BUSY):
            left = state_of(self._stack.deployment()).served
            reached = [serves(left, goal) for goal in ready.goals]
            serve = "; ".join(f"{goal.service}: {serving(left, goal.service)}" for goal in ready.goals)
            if all(reached):
                return OperationError(
                    f"What serves is as it should be, {serve}, and so is the config. The rest is not done: {failed}. "
                    f"The same command with --to {ready.choice.entry.number} goes on"
                )
            if any(reached):
                return StopError(
                    Outcome.STUCK,
                    f"Only some services went back, and now serves {serve}: {failed}. The config asks for all of it: "
                    f"pulumi up --stack {self._stack.name}",
                )
            if isinstance(failed, FailedError):
                failed = StopError(
                    Outcome.BACK,
                    f"A gate failed: {failed}. The traffic is where it was, {serve}, and the config too. What was made "
                    "has no traffic: the next update removes it, or the same command takes it",
                )
        self._file.replace(ready.before)
        return failed
