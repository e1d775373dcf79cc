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
from temperance.msa.fasta import fasta


@dataclass(frozen=True)
class Program:
    """A judge; called with encoded sequences (M, L) it returns a score each, (M,), higher being better.

    Attributes
    ----------
    command : list of str
        With {fasta}, {scores} and {threads} in it.
    most : int
        Sequences of a set that it is to score at most; 0, all.
    """

    name: str
    command: list[str]
    letters: Alphabet
    threads: int = 1
    aligned: bool = False
    higher: bool = True
    most: int = 0
    minutes: float = 60

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any], letters: Alphabet, threads: int) -> "Program":
        """From what the configuration has under `judges`."""
        more = {key: given[key] for key in ("aligned", "higher", "minutes")}
        return cls(name, given["command"], letters, threads, most=given["sequences"], **more)

    def __call__(self, sequences: np.ndarray) -> np.ndarray:
        """Score sequences (M, L) by running the program: (M,), higher is better."""
        rows = self.letters.decode(sequences)
        if not self.aligned:
            rows = [row.replace(GAP, "") for row in rows]
        names = [f"s{number}" for number in range(len(rows))]
        with tempfile.TemporaryDirectory() as folder:
            unscored, scores = Path(folder, "sequences.fasta"), Path(folder, "scores.tsv")
            unscored.write_text(fasta(names, rows))
            self._run({"{fasta}": str(unscored), "{scores}": str(scores), "{threads}": str(self.threads)})
            found = self._read(scores)
        if lacking := [name for name in names if name not in found]:
            raise InputError(f"{self._key}: {len(lacking)} of {len(names)} sequences have no score, {lacking[0]} first")
        values = np.array([found[name] for name in names])
        return values if self.higher else -values

    @property
    def _key(self) -> str:
        return f"judges.{self.name}"

    def _run(self, places: Mapping[str, str]) -> None:
        words = [self._with(word, places) for word in self.command]
        if shutil.which(words[0]) is None:
            raise InputError(f"{self._key}.command: there is no program {words[0]} (paths count from {Path.cwd()})")
        try:
            subprocess.run(
                words, check=True, timeout=60 * self.minutes, capture_output=True, text=True, errors="replace"
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{self._key}: took more than {self.minutes:g} minutes; raise judges.{self.name}.minutes, or have it "
                f"score fewer sequences (judges.{self.name}.sequences)"
            ) from None
        except subprocess.CalledProcessError as error:
            why = last_words(error.stderr)
            raise InputError(f"{self._key}: ended with status {error.returncode}: {why}") from None

    @staticmethod
    def _with(word: str, places: Mapping[str, str]) -> str:
        for mark, place in places.items():
            word = word.replace(mark, place)
        return word

    def _read(self, scores: Path) -> dict[str, float]:
        if not scores.is_file():
            raise InputError(f"{self._key}: has not written the file that {{scores}} stands for")
        found: dict[str, float] = {}
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
                        f"{self._key}: line {number} of its scores is not a name, a tab and a number"
                    ) from None
                if not np.isfinite(score):
                    raise InputError(f"{self._key}: line {number} of its scores: {score} is no score")
                found[name] = score
        return found


def score_subsample(judge: Any, sequences: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Scores (M,) of sequences (M, L), nan where a program that is to score a few of each set has left one out.

    `sets`, (M,), tells sequences of one set from those of others; of each, as many are taken at even distances.
    """
    most = getattr(judge, "most", 0)
    if not most:
        return judge(sequences)
    taken = np.concatenate(
        [rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))]
         for rows in (np.flatnonzero(sets == one) for one in np.unique(sets))]
    )  # fmt: skip
    scores = np.full(len(sequences), np.nan)
    scores[taken] = judge(sequences[taken])
    return scores
