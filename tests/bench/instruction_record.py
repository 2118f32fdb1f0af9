# SPDX-License-Identifier: BSD-3-Clause
"""The recorded instructions of each stage, and how those of now compare."""
import dataclasses
import json
import pathlib
from xml.sax import saxutils

RECORD = pathlib.Path(__file__).parent / "instructions.json"
GROWTH = 0.05  # more is a failure, so much less a hint
MEND = "tools/bench instructions --record"


@dataclasses.dataclass(frozen=True)
class Compared:
    stage: str
    recorded: float | None
    now: float | None

    @property
    def growth(self) -> float:
        if self.recorded is None or self.now is None:
            return 0.0
        return self.now / self.recorded - 1

    @property
    def problem(self) -> str:
        """Empty: none."""
        if self.recorded is None:
            return "is not recorded"
        if self.now is None:
            return "is recorded and not counted"
        return f"grew by {self.growth:.1%}" if self.growth > GROWTH else ""

    @property
    def hint(self) -> str:
        return f"shrank by {-self.growth:.1%}" if self.growth < -GROWTH else ""


def write(now: dict[str, float]) -> None:
    RECORD.write_text(json.dumps(now, indent=2) + "\n")


def compare(now: dict[str, float]) -> list[Compared]:
    recorded = json.loads(RECORD.read_text())
    return [Compared(stage, recorded.get(stage), now.get(stage))
            for stage in dict.fromkeys([*recorded, *now])]


def text(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def print_table(stages: list[Compared]) -> None:
    print(f"{'stage':40}{'recorded':>12}{'now':>12}{'growth':>9}")
    for one in stages:
        print(f"{one.stage:40}{text(one.recorded):>12}{text(one.now):>12}{one.growth:9.1%}"
              f"  {one.problem or one.hint}")
    if any(one.problem for one in stages):
        print(f"A stage may grow by {GROWTH:.0%}. Where the growth is worth it, have the same "
              f"commit change the record:\n    {MEND}")
    elif any(one.hint for one in stages):
        print(f"Let the record keep what was gained: {MEND}")


def write_junit(path: pathlib.Path, stages: list[Compared]) -> None:
    cases = []
    for one in stages:
        name = saxutils.quoteattr(one.stage)
        failure = f"<failure message={saxutils.quoteattr(one.problem)}/>" if one.problem else ""
        cases.append(f'<testcase classname="instructions" name={name}>{failure}</testcase>')
    failed = sum(bool(one.problem) for one in stages)
    path.write_text(f'<testsuites><testsuite name="instructions" tests="{len(stages)}" '
                    f'failures="{failed}">{"".join(cases)}</testsuite></testsuites>\n')
