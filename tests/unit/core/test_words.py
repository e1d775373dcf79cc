"""Words of messages: errors, lists, durations, logs, progress."""

import time

import pytest

from temperance.core.errors import InputError, last_line, last_words
from temperance.core.logs import last_error
from temperance.core.progress import Progress, in_words
from temperance.core.words import count_words, join_words


def test_an_input_error_is_one_printable_line_of_600_characters_and_dots():
    assert str(InputError("a\nb\x1b[0m\t")) == r"a\nb\x1b[0m\t"
    assert str(InputError("é ü")) == "é ü"
    assert str(InputError("x" * 600)) == "x" * 600
    assert str(InputError("a" * 301 + "b" * 300)) == "a" * 300 + " ... " + "b" * 300


def test_the_last_line_says_what_is_wrong():
    assert last_words("reading\nno such file\n \n") == "no such file"
    assert last_words("\n") == "nothing said"
    assert last_line(ValueError("first\nsecond")) == "second"
    assert last_line(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("words", "joined"), [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c"), ("abcd", "a, b, c and d")]
)
def test_words_are_joined_as_in_a_sentence(words, joined):
    assert join_words(words) == joined


@pytest.mark.parametrize(("number", "words"), [(0, "0 sweeps"), (1, "1 sweep"), (1234, "1,234 sweeps")])
def test_one_of_a_kind_has_the_singular(number, words):
    assert count_words(number, "sweep") == words
    assert count_words(number, "family", "families") == words.replace("sweeps", "families").replace("sweep", "family")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (99, "99 s"), (99.9, "100 s"), (100, "2 min"), (5940, "99 min"), (5969, "99 min"),
     (5971, "1 h 40 min"), (6100, "1 h 42 min"), (7199, "2 h 0 min"), (90_000, "25 h 0 min")],
)  # fmt: skip
def test_durations_are_in_seconds_minutes_or_hours(seconds, words):
    assert in_words(seconds) == words


def test_the_last_error_of_the_first_log_that_has_one_is_found(tmp_path):
    quiet, one, two = (tmp_path / name for name in ("quiet", "one", "two"))
    quiet.write_text("10:00:00 begun\n10:00:01 warning: slow\n")
    one.write_text("10:00:00 error: first\n10:00:01 error: last: error: nested\n10:00:02 end\n")
    two.write_text("10:00:00 error: of another job\n")
    assert last_error(map(str, (tmp_path / "none", quiet, one, two))) == "last: error: nested"
    assert last_error([str(quiet)]) is None and last_error([]) is None


def test_progress_is_told_at_most_once_in_so_many_seconds(monkeypatch):
    now, messages = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress, labelled = Progress(messages.append, 5), Progress(messages.append, 0, "n60-r1")
    for moment in (0, 4.9, 5, 9.9, 10.1):
        now[0] = moment
        progress(f"step at {moment}")
    # The last one that was told was at 5.
    assert messages == ["step at 0", "step at 5", "step at 10.1"]
    labelled("step")
    assert messages[-1] == "n60-r1: step"
