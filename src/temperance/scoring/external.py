"""Judges that are programs of the user's: they read FASTA and write a table of scores."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import numpy as np

from temperance.core.alphabet import GAP, Alphabet
from temperance.core.errors import InputError, last_words
from temperance.core.settings.scoring import JudgeSettings
from temperance.msa.fasta import format_fasta
from temperance.scoring import supervise
from temperance.scoring.commands import explain_failure, explain_start, explain_unrunnable

# Bytes of a line of scores, and absolute value of a score: squares of scores, and their sums, are numbers, too.
_LONGEST_LINE = 2**16
_LARGEST_SCORE = 1e100


@dataclass(frozen=True)
class Program:
    """Judge that is a program of the user's, called with sequences (M, L); it returns a score each, (M,).

    Attributes
    ----------
    name : str
        Under which the configuration has it.
    command : list of str
        With {fasta}, {scores} and {threads} in it.
    alphabet : Alphabet
        In which sequences are written.
    threads : int
        What {threads} stands for.
    aligned : bool
        Whether gaps are written, too.
    higher : bool
        Whether the program's higher scores are better; else their signs are changed.
    most : int
        Sequences of a set that it is to score at most; 0, all.
    minutes : float
        Longest time that a call may take.
    """

    name: str
    command: list[str]
    alphabet: Alphabet
    threads: int = 1
    aligned: bool = False
    higher: bool = True
    most: int = 0
    minutes: float = 60

    @classmethod
    def from_settings(cls, name: str, settings: JudgeSettings, alphabet: Alphabet, threads: int) -> "Program":
        """Make the judge that an entry of the configuration's `judges` describes.

        Parameters
        ----------
        name : str
            Of the entry.
        settings : JudgeSettings
            The entry: command, aligned, higher, minutes, sequences.
        alphabet : Alphabet
            In which sequences are written.
        threads : int
            What {threads} stands for.

        Returns
        -------
        Program
        """
        options = settings.model_dump(include={"aligned", "higher", "minutes"})
        return cls(name, settings.command, alphabet, threads, most=settings.sequences, **options)

    def __call__(self, sequences: np.ndarray) -> np.ndarray:
        """Score sequences by running the program.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            (M,); higher is better.

        Raises
        ------
        InputError
            If the program is not installed, fails, takes too long, or does not write a finite score of every sequence.
        """
        rows = self.alphabet.decode(sequences)
        if not self.aligned:
            rows = [row.replace(GAP, "") for row in rows]
        names = [f"s{number}" for number in range(len(rows))]
        with tempfile.TemporaryDirectory() as folder:
            unscored, scores = Path(folder, "sequences.fasta"), Path(folder, "scores.tsv")
            unscored.write_text(format_fasta(names, rows))
            self._run(unscored, scores, len(rows))
            scores_by_name = self._read(scores, names)
        if missing := [name for name in names if name not in scores_by_name]:
            raise InputError(
                f"{self._key}: the program left {len(missing)} of {len(names)} sequences without a score, "
                f"{missing[0]} for example"
            )
        values = np.array([scores_by_name[name] for name in names])
        return values if self.higher else -values

    @property
    def _key(self) -> str:
        return f"judges.{self.name}"

    def _run(self, unscored: Path, scores: Path, number: int) -> None:
        """Run the program on a file of sequences, of which there are `number`."""
        if problem := explain_unrunnable(self.command):
            raise InputError(f"{self._key}.command: {problem}")
        values = {"{fasta}": str(unscored), "{scores}": str(scores), "{threads}": str(self.threads)}
        placeholders = re.compile("|".join(map(re.escape, values)))
        words = [placeholders.sub(lambda match: values[match[0]], word) for word in self.command]
        # A line a sequence, and one of names of columns.
        most_bytes = _LONGEST_LINE * (number + 1)
        bounds = [str(60 * self.minutes), str(scores), str(most_bytes)]
        supervisor = [sys.executable, "-I", "-S", supervise.__file__, *bounds, *words]
        # Its standard input is closed when this job ends, however it ends.
        try:
            with subprocess.Popen(supervisor, stdin=PIPE, stdout=PIPE, start_new_session=True) as process:
                assert process.stdout is not None
                answer = process.stdout.read()
        except OSError as error:
            raise InputError(f"{self._key}.command: it cannot be run: {error.strerror}") from None
        if not answer:
            raise InputError(f"{self._key}: the process that ran it {explain_failure(process.returncode)}")
        self._check(json.loads(answer), most_bytes)

    def _check(self, outcome: dict[str, Any], most_bytes: int) -> None:
        """Raise an error unless the program has ended well; `outcome` is of `supervise`."""
        if "error" in outcome:
            raise InputError(f"{self._key}.command: {explain_start(self.command[0], outcome['error'])}")
        problems = {
            "minutes": f"took more than {self.minutes:g} minutes; raise {self._key}.minutes, or have it score fewer "
            f"sequences ({self._key}.sequences)",
            "output": "wrote more than 1 GiB to its standard output or error; scores are to be written to the file "
            "that {scores} stands for",
            "scores": f"wrote more than {most_bytes:,} bytes to the file that {{scores}} stands for; expected a line a "
            "sequence, of a name, a tab and a score",
        }
        if "exceeded" in outcome:
            raise InputError(f"{self._key}: the program {problems[outcome['exceeded']]}")
        if status := outcome["status"]:
            raise InputError(f"{self._key}: the program {explain_failure(status)}: {last_words(outcome['words'])}")

    def _read(self, path: Path, names: Sequence[str]) -> dict[str, float]:
        """Read the scores of named sequences."""
        if not path.is_file():
            raise InputError(f"{self._key}: the program did not write the file that {{scores}} stands for")
        name_set, scores_by_name = set(names), {}
        try:
            with path.open(encoding="utf-8-sig", errors="replace") as file:
                for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ""), 1):
                    location = f"{self._key}: line {number} of its scores"
                    if len(line) == _LONGEST_LINE:
                        raise InputError(f"{location}: too long; expected a name, a tab and a number")
                    name = (line.partition("\t")[0].split() or [""])[0]
                    if not line.strip() or (number == 1 and name not in name_set):  # names of columns
                        continue
                    score = _parse_score(line, location)
                    if name not in name_set:
                        raise InputError(
                            f"{location}: there is no sequence '{name}'; names are those of the FASTA file"
                        )
                    if name in scores_by_name:
                        raise InputError(f"{location}: {name} has a score already")
                    scores_by_name[name] = score
        except OSError as error:
            raise InputError(f"{self._key}: its scores cannot be read: {error.strerror}") from None
        return scores_by_name


def _parse_score(line: str, location: str) -> float:
    """Parse the second column of a line of scores; `location` is named in errors."""
    text = line.partition("\t")[2].partition("\t")[0].strip()
    try:
        score = float(text if text.isascii() and "_" not in text else "")
    except ValueError:
        raise InputError(f"{location}: expected a name, a tab and a number, not '{line.strip()[:80]}'") from None
    if not abs(score) <= _LARGEST_SCORE:  # nan, too
        raise InputError(f"{location}: expected a number between -1e100 and 1e100, not {text}")
    return score


def score_subsample(judge: Any, sequences: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Score sequences; a program that is to score few of each set scores as many of each, at even distances.

    Parameters
    ----------
    judge : Judge
        A program's attribute `most` is the number of sequences of a set that it scores.
    sequences : np.ndarray
        (M, L) uint8.
    sets : np.ndarray
        (M,) labels that tell sequences of one set from those of others.

    Returns
    -------
    np.ndarray
        (M,), nan of sequences that were not scored.

    Examples
    --------
    >>> score_subsample(lambda rows: rows.sum(axis=1), np.array([[1, 2], [3, 4]]), np.zeros(2))
    array([3, 7])
    """
    max_sequences = getattr(judge, "most", 0)
    if not max_sequences:
        return judge(sequences)
    chosen = np.concatenate(
        [rows[np.unique(np.linspace(0, len(rows) - 1, max_sequences).astype(int))]
         for rows in (np.flatnonzero(sets == label) for label in np.unique(sets))]
    )  # fmt: skip
    scores = np.full(len(sequences), np.nan)
    scores[chosen] = judge(sequences[chosen])
    return scores
