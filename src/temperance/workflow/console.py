"""What a run tells on the terminal: when a job begins, when it ends with how far the run is, and how it stops."""

import logging
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType

from temperance.core.progress import in_words

# What these lines stand in for, in Snakemake's own words or by its kinds of events.
_REPLACED_EVENTS = {"JOB_STARTED", "JOB_FINISHED", "PROGRESS"}
_REPLACED = "Select jobs to execute..."
_LOCKED = "Error: Directory cannot be locked. Another Snakemake instance is running."
_INTERRUPTED = "Terminating processes on user request"
_ASKED_TO_END = "Will exit after finishing currently running jobs"
# After an interrupt, Snakemake reports every job that it has ended itself as one that failed.
_CONSEQUENCES = ("RuleException:", "WorkflowError:")
# No time to go is told before this share of the expected work is done.
_LEAST_DONE = 0.02

Seconds = Callable[[str, Mapping[str, str]], float | None]


class Console(logging.Handler):
    """Tell when jobs begin and end, how many are done, and about how long the others will take.

    Parameters
    ----------
    logger : logging.Logger
        Snakemake's own, to which the lines are written and whose records tell of the jobs.
    seconds : callable
        From the rule and the wildcards of a job to the seconds that it is expected to take, of which only ratios count;
        None while they are not known.
    quietness : object
        What the lines are about, for Snakemake's option `--quiet`.
    """

    def __init__(self, logger: logging.Logger, seconds: Seconds, quietness: object = None):
        super().__init__(logging.INFO)
        self._logger, self._seconds, self._extra = logger, seconds, {"quietness": quietness}
        self._jobs: dict[int, tuple[str, Mapping[str, str]]] = {}
        self._begun: dict[int, float] = {}
        self._ended: list[int] = []
        self._taken: dict[int, float] = {}
        # Seconds that jobs are expected to take, and jobs of which these are not known yet.
        self._expected: dict[int, float] = {}
        self._unknown: list[int] = []
        self._start = time.monotonic()

    def plan(self, jobs: Iterable[tuple[int, str, Mapping[str, str]]]) -> None:
        """Take note of all jobs that are to run.

        Parameters
        ----------
        jobs : iterable of (int, str, mapping)
            Number, rule and wildcards of each.
        """
        self._jobs = {number: (rule, dict(wildcards)) for number, rule, wildcards in jobs}
        self._unknown, self._start = list(self._jobs), time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of a job that begins or has ended.

        Parameters
        ----------
        record : logging.LogRecord
            Record as Snakemake's interface for logger plugins describes it: `event`, and `jobid`, `rule_name` and
            `wildcards`, or `job_id`, or `done` and `total`.
        """
        fields = vars(record)
        event = getattr(fields.get("event"), "name", "")
        if event == "JOB_INFO":
            job = fields["rule_name"], dict(fields["wildcards"] or {})
            self._jobs[fields["jobid"]], self._begun[fields["jobid"]] = job, time.monotonic()
            if name := _name(job):
                self._logger.info(f"{name}: started", extra=self._extra)
        elif event == "JOB_FINISHED":
            self._ended.append(fields["job_id"])
        elif event == "PROGRESS":
            now = time.monotonic()
            self._taken |= {n: now - self._begun.get(n, now) for n in self._ended if n in self._jobs}
            names = [self._describe(number) for number in self._ended if number in self._jobs]
            time_left = self._time_left() if fields["done"] < fields["total"] else ""
            message = "; ".join([*filter(None, names), f"{fields['done']} of {fields['total']} steps done"])
            self._logger.info(message + time_left, extra=self._extra)
            self._ended = []

    def _describe(self, number: int) -> str:
        """Describe a job that has ended."""
        name = _name(self._jobs[number])
        return f"{name}: finished in {in_words(self._taken[number])}" if name else ""

    def _time_left(self) -> str:
        """Estimate how long the other jobs take, by what those that are done have taken and were expected to."""
        while self._unknown:
            seconds = self._seconds(*self._jobs[self._unknown[-1]])
            if seconds is None:
                return ""
            self._expected[self._unknown.pop()] = seconds
        expected_done = sum(self._expected[number] for number in self._taken if number in self._expected)
        if not expected_done or expected_done < _LEAST_DONE * sum(self._expected.values()):
            return ""
        # How much longer jobs took than expected, those of each rule, and all of them for rules of which none is done.
        seconds_taken: dict[str, float] = defaultdict(float)
        expected: dict[str, float] = defaultdict(float)
        for number, seconds in self._taken.items():
            seconds_taken[self._jobs[number][0]] += seconds
            expected[self._jobs[number][0]] += self._expected.get(number, 0.0)
        total, elapsed = sum(seconds_taken.values()), time.monotonic() - self._start
        left = 0.0
        for number in self._expected.keys() - self._taken.keys():
            rule = self._jobs[number][0]
            left += self._expected[number] * (
                seconds_taken[rule] / expected[rule] if expected[rule] else total / expected_done
            )
        # Jobs run beside each other.
        return f", about {in_words(left * elapsed / total)} to go" if total else ""


def _name(job: tuple[str, Mapping[str, str]]) -> str:
    """Name a job as its own lines begin; a target, which does nothing, has no name."""
    rule, wildcards = job
    return " ".join([rule, *wildcards.values()]) if rule != "all" else ""


class Filter(logging.Filter):
    """Hide Snakemake's messages that the console tells in other words, or that only follow from an interrupt."""

    def __init__(self) -> None:
        super().__init__()
        self._stopped = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is shown; some are reworded.

        Parameters
        ----------
        record : logging.LogRecord
            Of Snakemake's log.

        Returns
        -------
        bool
        """
        message = str(record.msg)
        if message == _LOCKED:
            record.msg = "warning: another run is at work in this folder; what it has not finished yet is listed, too"
        elif message.startswith(_INTERRUPTED):
            self._stopped, record.msg = True, "stopping: running jobs are ended"
        elif message.startswith(_ASKED_TO_END):
            # Snakemake repeats this whenever a job ends.
            was_told, self._stopped = self._stopped, True
            record.msg = "stopping: running jobs are finished first; Ctrl-C ends them at once"
            return not was_told
        event = getattr(getattr(record, "event", None), "name", "")
        is_consequence = self._stopped and message.startswith(_CONSEQUENCES)
        return event not in _REPLACED_EVENTS and message != _REPLACED and not is_consequence


def explain_interrupt(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Report an interrupt of the plan in one line, as `sys.excepthook`; any other exception as Python does.

    Parameters
    ----------
    kind : type
        Class of the exception.
    error : BaseException
        The exception.
    trace : traceback
        Where it was raised.
    """
    if issubclass(kind, KeyboardInterrupt):
        print("stopped before the first job; the same command begins again", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def install_console(seconds: Seconds, dry_run: bool) -> Console | None:
    """Have a run tell its progress on the terminal, unless a logger plugin does.

    Parameters
    ----------
    seconds : callable
        As of `Console`.
    dry_run : bool
        Whether jobs are only listed, of which no progress is told.

    Returns
    -------
    Console or None
        None in a dry run, or where another logger writes to the terminal.
    """
    # Imported here: the environments of jobs have no Snakemake.
    from snakemake.logging import ColorizingTextHandler, logger
    from snakemake.settings.enums import Quietness

    stream = next((handler for handler in logger.handlers if isinstance(handler, ColorizingTextHandler)), None)
    if stream is None:
        return None
    # A workflow within another finds both installed.
    if not any(isinstance(existing, Filter) for existing in stream.filters):
        stream.addFilter(Filter())
    console = next((handler for handler in logger.handlers if isinstance(handler, Console)), None)
    if console is None and not dry_run:
        console = Console(logger, seconds, Quietness.PROGRESS)
        logger.addHandler(console)
    return console
