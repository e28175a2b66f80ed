"""The pytest door: every scenario a file node, every cell an item.

Nothing of a user's repository is read but the folders listed in `[tool.harness]`; every option of
ours but `--provider` and `--target` begins with `--harness-`, and those two are there only where
`[tool.harness]` is: a repository that never asked for us may have options of these names itself.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.contracts import Target
from harness.data import builtin
from harness.engine import Cell, cells, read_scenario, run_cell
from harness.engine.document import Terms, document_of
from harness.engine.ids import named, refuse_twins
from harness.engine.known import Known, counted, known_for, load_known, shipped_known
from harness.engine.story import tell
from harness.engine.targets import make_target
from harness.errors import HarnessError
from harness.model import Level, Verdict, VerdictKind
from harness.providers import PROVIDERS
from harness.record.fixtures import add_option, record_first
from harness.record.fixtures import harness_tape as harness_tape  # noqa: PLC0414 -- for pytest
from harness.reports import check_reports, write_report
from harness.secrets import masked
from harness.settings import Settings, is_asked_for, read_settings


class ShouldWarning(pytest.PytestWarning):
    """A SHOULD that did not hold: a warning, never a failure."""


class CaseFailed(Exception):
    """Carries the story; it has no traceback worth showing."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("harness", "conformance of LLM transports (provider-harness)")
    if is_asked_for(Path.cwd()):
        group.addoption(
            "--provider",
            dest="harness_provider",
            action="append",
            metavar="NAME",
            help="only this provider's cells",
        )
        group.addoption(
            "--target",
            dest="harness_target",
            metavar="NAME",
            help="the target to judge: a name, or module:make",
        )
    group.addoption(
        "--harness-door",
        choices=("inprocess", "loopback"),
        default=None,
        help="how the target reaches the tape (default: in-process where the target can)",
    )
    group.addoption(
        "--harness-report",
        action="append",
        default=[],
        metavar="FORMAT:PATH",
        help="write a report at the end: github, html, json, junit, markdown or text",
    )
    add_option(group)


class Run:
    """What one pytest run shares: settings, target, and known failures."""

    def __init__(self, config: pytest.Config) -> None:
        self.settings: Settings = read_settings(config.rootpath)
        self.config = config
        only = config.getoption("harness_provider", None)
        self.only = frozenset(only) if only else None
        for name in self.only or ():
            PROVIDERS.get(name)  # a misspelt one would select nothing, and look green
        file = self.settings.known_failures
        own = load_known(file) if file else ()
        self.known: tuple[Known, ...] = (*own, *shipped_known(self.name))
        self._target: Target | None = None

    @property
    def name(self) -> str:
        asked: str | None = self.config.getoption("harness_target", None)
        return asked or self.settings.target or "reference"

    @property
    def target(self) -> Target:
        if self._target is None:
            self._target = make_target(self.name)
        return self._target

    @property
    def door(self) -> str:
        asked: str | None = self.config.getoption("--harness-door")
        return asked or ("inprocess" if "inprocess" in self.target.doors else "loopback")

    @property
    def terms(self) -> Terms:
        """`harness run` reads the settings of the folder in which it is typed, and no other's."""
        here = self.config.rootpath.resolve() == Path.cwd().resolve()
        door: str | None = self.config.getoption("--harness-door")
        folders = self.settings.folders if here else ()
        return Terms(self.name, door=door or "", folders=folders, root=self.config.rootpath)

    def stop(self) -> None:
        if self._target is not None:
            self._target.stop()


RUN = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "conformance: one cell of the conformance matrix")
    try:
        run = config.stash[RUN] = Run(config)
        reports: list[str] = config.getoption("--harness-report")
        check_reports(reports)
    except HarnessError as error:
        raise pytest.UsageError(masked(error.render())) from error
    if reports and not config.option.collectonly and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reports(reports))
    _add_listed(config, run.settings)


def _add_listed(config: pytest.Config, settings: Settings) -> None:
    """What `[tool.harness]` lists is run where nobody says what to run. The shipped scenarios lie
    outside the user's root: asked for like any other argument. `testpaths` is where the tests are,
    and few who write it think of us: a folder that it leaves out would be green unseen."""
    folder, prefix = builtin("scenarios"), "builtin/"
    shipped = "builtin" in settings.scenarios
    if shipped:
        config.args[:] = [
            str(folder / arg[len(prefix) :]) if arg.startswith(prefix) else arg
            for arg in config.args
        ]
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        return
    given = [config.invocation_params.dir / arg for arg in config.args]
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        own = [one for one in settings.folders if one != folder]
        seen = [one for one in own if any(one.is_relative_to(place) for place in given)]
        config.args += [str(one) for one in own if one not in seen]
    if shipped and folder not in given:
        config.args.append(str(folder))


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run:
        run.stop()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    run = parent.config.stash[RUN]
    if file_path.suffix not in {".yaml", ".yml"} or file_path.parent not in run.settings.folders:
        return None
    if file_path.parent == builtin("scenarios") and "builtin" in run.settings.scenarios:
        nodeid = f"builtin/{file_path.name}"
        return ScenarioFile.from_parent(parent, path=file_path, nodeid=nodeid)
    return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        try:
            folders = self.config.stash[RUN].settings.folders
            refuse_twins([self.path, *named(self.path.stem, folders)])
            scenario = read_scenario(self.path)
        except HarnessError as error:
            raise self.CollectError(error.render()) from error
        for cell in cells(scenario, self.config.stash[RUN].only):
            yield CaseItem.from_parent(self, name=f"provider[{cell.name}]", cell=cell)


class CaseItem(pytest.Item):
    """One cell. It is run in `setup`, so that an errored adapter is pytest's *error* and only a
    broken invariant is its *failure*."""

    verdict: Verdict
    document = ""  # of the verdict, where a report is asked for

    def __init__(self, *, cell: Cell, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cell = cell
        self.add_marker("conformance")

    def setup(self) -> None:
        run = self.config.stash[RUN]
        record_first(self.config, self.cell.scenario, self.cell.provider)
        self.verdict = counted(run_cell(self.cell, run.target, run.door), run.known)
        if run.config.getoption("--harness-report"):
            self.document = json.dumps(document_of(self.verdict, run.terms))
        if self.verdict.kind is VerdictKind.ERRORED:
            raise CaseFailed(tell(self.verdict, run.terms))

    def runtest(self) -> None:
        verdict = self.verdict
        known = known_for(self.cell.id, self.config.stash[RUN].known)
        if verdict.kind is VerdictKind.UNTESTABLE:
            pytest.skip(verdict.reason)
        if verdict.kind is VerdictKind.FAILED:
            if known:
                pytest.xfail(f"{known.reason} ({known.link})")
            raise CaseFailed(tell(verdict, self.config.stash[RUN].terms))
        if known:
            raise CaseFailed(verdict.reason)
        if verdict.violations and self.config.stash[RUN].settings.strict:
            raise CaseFailed(tell(verdict, self.config.stash[RUN].terms))
        for violation in verdict.violations:
            if violation.level is Level.SHOULD:
                text = f"{violation.invariant}: {violation.sentence}"
                warnings.warn(ShouldWarning(f"{self.cell.id}: {text}"), stacklevel=1)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.path.stem}::{self.name}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What is shown of a case: of our own errors their sentences, without a traceback; and no
    secret, nor of what the target's `make` raised, nor of what it printed."""
    report = yield
    if isinstance(item, CaseItem):
        if report.failed and call.excinfo:
            error = call.excinfo.value
            ours = isinstance(error, CaseFailed | HarnessError)
            text = str(error if ours else report.longrepr)
            if ours or masked(text) != text:
                report.longrepr = masked(text)
        report.sections = [(name, masked(said)) for name, said in report.sections]
        if report.when == "teardown":  # a property would stand in the XML of `--junitxml` as well
            vars(report)[_DOCUMENT] = item.document
    return report


_DOCUMENT = "harness_document"  # xdist sends what a report holds to its controller


class Reports:
    """Registered where a run ends that reports are asked of: never in a worker of xdist."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked
        self._documents: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        document = vars(report).get(_DOCUMENT)
        if document:
            self._documents.append(json.loads(document))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A report that cannot be written makes no red run green, and hides no failure."""
        for asked in self._asked:
            try:
                write_report(asked, self._documents)
            except HarnessError as error:
                sys.stderr.write(f"harness: {masked(error.render())}\n")
                if session.exitstatus == pytest.ExitCode.OK:
                    session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
