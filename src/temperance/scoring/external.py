"""Judges that are programs of the user's: they read FASTA and write a table of scores."""

import csv
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from temperance.core.alphabet import GAP, Alphabet
from temperance.core.errors import InputError, last_words
from temperance.core.settings.scoring import JudgeSettings
from temperance.msa.fasta import format_fasta


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
            self._run({"{fasta}": str(unscored), "{scores}": str(scores), "{threads}": str(self.threads)})
            scores_by_name = self._read(scores)
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

    def _run(self, substitutions: Mapping[str, str]) -> None:
        command = [self._with(word, substitutions) for word in self.command]
        if shutil.which(command[0]) is None:
            raise InputError(
                f"{self._key}.command: there is no program {command[0]} (paths are relative to {Path.cwd()})"
            )
        try:
            subprocess.run(
                command, check=True, timeout=60 * self.minutes, capture_output=True, text=True, errors="replace"
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{self._key}: the program took more than {self.minutes:g} minutes; raise judges.{self.name}.minutes, "
                f"or have it score fewer sequences (judges.{self.name}.sequences)"
            ) from None
        except subprocess.CalledProcessError as error:
            why = last_words(error.stderr)
            raise InputError(f"{self._key}: the program failed with exit status {error.returncode}: {why}") from None

    @staticmethod
    def _with(word: str, substitutions: Mapping[str, str]) -> str:
        for placeholder, value in substitutions.items():
            word = word.replace(placeholder, value)
        return word

    def _read(self, scores: Path) -> dict[str, float]:
        if not scores.is_file():
            raise InputError(f"{self._key}: the program did not write the file that {{scores}} stands for")
        scores_by_name: dict[str, float] = {}
        with scores.open(encoding="utf-8", errors="replace") as file:
            for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
                if not row:
                    continue
                try:
                    name, score = row[0].split()[0], float(row[1])
                except (IndexError, ValueError):
                    if number == 1:  # names of columns
                        continue
                    raise InputError(
                        f"{self._key}: line {number} of its scores: expected a name, a tab and a number"
                    ) from None
                if not np.isfinite(score):
                    raise InputError(f"{self._key}: line {number} of its scores: expected a finite number, not {score}")
                scores_by_name[name] = score
        return scores_by_name


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
    most = getattr(judge, "most", 0)
    if not most:
        return judge(sequences)
    chosen = np.concatenate(
        [rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))]
         for rows in (np.flatnonzero(sets == label) for label in np.unique(sets))]
    )  # fmt: skip
    scores = np.full(len(sequences), np.nan)
    scores[chosen] = judge(sequences[chosen])
    return scores
