"""Alignments from InterPro's servers: kept in a cache, asked for again where a connection fails."""

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from temperance.core.errors import InputError
from temperance.core.files import atomic, save_json

# Answers after which another try may be luckier: InterPro says 408 while it prepares a large alignment.
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_CHUNK = 1 << 16
_LONGEST_WAIT = 60.0
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class Fetched(NamedTuple):
    """A file that was fetched: where it lies, where it came from, its SHA-256, its size in bytes."""

    path: Path
    url: str
    sha256: str
    bytes: int


class _AgainError(Exception):
    """Why another try may be luckier, and how many seconds the server wants to be left alone."""

    def __init__(self, why: str, wait: float = 0.0):
        super().__init__(why)
        self.wait = wait


class Fetcher:
    """Gets files over HTTPS.

    Parameters
    ----------
    url : str
        Of the server's API; plain HTTP only on this computer.
    tries : int
        Times that a file is asked for, with pauses that double from a second on between them.
    stalled : float
        Seconds without a byte after which a connection has failed.
    minutes : float
        The longest that a file may take, all tries together.
    megabytes : float
        The largest that a file may be.
    cache : str or Path
        Folder of what was fetched before, each beside its SHA-256. Empty: `temperance` in the user's cache folder.
    """

    def __init__(
        self,
        url: str,
        tries: int,
        stalled: float,
        minutes: float,
        megabytes: float,
        cache: str | Path = "",
        progress: Callable[[str], None] = print,
    ):
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise InputError(f"fetch.url: {url}: https:// is needed")
        self.url, self.tries, self.stalled = url.rstrip("/"), tries, stalled
        self.seconds, self.most, self.progress = 60 * minutes, int(1e6 * megabytes), progress
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.cache = Path(cache) if cache else Path(home, "temperance", "fetched")

    def pfam(self, accession: str, kind: str, sha256: str = "") -> Fetched:
        """Fetch the full or seed alignment of a Pfam entry, Stockholm, usually gzipped."""
        found = self.get(f"entry/pfam/{accession}/?annotation=alignment:{kind}&download", sha256)
        with found.path.open("rb") as file:
            beginning = file.read(12)
        if not beginning.startswith((b"\x1f\x8b", b"# STOCKHOLM")):
            self._forget(found.url)
            raise InputError(f"{found.url}: is no Stockholm alignment, gzipped or not; it begins with {beginning!r}")
        return found

    def pfam_of(self, interpro: str) -> str:
        """Find the Pfam entry that an InterPro entry integrates."""
        found = self.get(f"entry/interpro/{interpro}/")
        try:
            content = json.loads(found.path.read_text(encoding="utf-8"))
            members = sorted(content["metadata"]["member_databases"].get("pfam", {}))
        except (ValueError, KeyError, TypeError, AttributeError):
            self._forget(found.url)
            raise InputError(f"{found.url}: is no InterPro entry (metadata.member_databases)") from None
        if len(members) != 1:
            those = f"several Pfam entries, {', '.join(members)}" if members else "no Pfam entry"
            raise InputError(f"interpro: {interpro} has {those}; give one as pfam")
        return members[0]

    def get(self, path: str, sha256: str = "") -> Fetched:
        """Get a file of the API, from the cache if it is there whole.

        Parameters
        ----------
        sha256 : str
            What the file's has to be; empty, anything will do.

        Raises
        ------
        InputError
            If there is no such file, it is too large or another than expected, or no try succeeded.
        """
        url = f"{self.url}/{path}"
        found = self._cached(url) or self._tried(url)
        if sha256 and found.sha256 != sha256.lower():
            self._forget(url)
            raise InputError(f"fetch.sha256: {url} has {found.sha256}, not {sha256}; it may have a new release")
        return found

    def _places(self, url: str) -> tuple[Path, Path]:
        name = re.sub(r"[^A-Za-z0-9]+", "-", urlsplit(url).path).strip("-")[-60:]
        stem = self.cache / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
        return stem, stem.with_suffix(".json")

    def _cached(self, url: str) -> Fetched | None:
        path, told = self._places(url)
        try:
            known = json.loads(told.read_text(encoding="utf-8"))
            found = Fetched(path, url, hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
            if known["sha256"] == found.sha256:
                self.progress(f"{url}: from the cache, {path}")
                return found
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return None

    def _forget(self, url: str) -> None:
        for path in self._places(url):
            path.unlink(missing_ok=True)

    def _tried(self, url: str) -> Fetched:
        end, why = time.monotonic() + self.seconds, ""
        for number in range(1, self.tries + 1):
            try:
                return self._fetched(url, end)
            except _AgainError as again:
                why = str(again)
                left = end - time.monotonic()
                pause = min(max(again.wait, 2.0 ** (number - 1)), _LONGEST_WAIT)
                if number == self.tries or pause > left:
                    break
                self.progress(f"{url}: {why}; try {number + 1} of {self.tries} in {pause:g} s")
                time.sleep(pause)
        raise InputError(
            f"{url}: {why}, after {number} {'try' if number == 1 else 'tries'}; where there is no network, download "
            "the alignment elsewhere and give it as 'alignment'"
        )

    def _fetched(self, url: str, end: float) -> Fetched:
        path, told = self._places(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with atomic(path) as part, part.open("wb") as file:
            for piece in self._pieces(url):
                size += len(piece)
                if size > self.most:
                    raise InputError(
                        f"{url}: more than {self.most / 1e6:g} MB; raise fetch.megabytes if you want it all"
                    )
                if time.monotonic() > end:
                    raise _AgainError(f"{size:,} bytes came in {self.seconds / 60:g} minutes (fetch.minutes)")
                digest.update(piece)
                file.write(piece)
            if not size:
                raise _AgainError("the answer was empty")
        save_json(told, {"url": url, "sha256": digest.hexdigest(), "bytes": size})
        self.progress(f"{url}: {size:,} bytes, SHA-256 {digest.hexdigest()}")
        return Fetched(path, url, digest.hexdigest(), size)

    def _pieces(self, url: str) -> Iterator[bytes]:
        with (
            _told(self.stalled),
            requests.get(
                url, stream=True, timeout=(self.stalled, self.stalled), headers={"Accept-Encoding": "identity"}
            ) as answer,
        ):
            if answer.status_code in _BUSY:
                raise _AgainError(f"the server said {answer.status_code} {answer.reason}", _wanted(answer))
            if answer.status_code in (204, 404, 410):
                raise InputError(
                    f"{url}: there is no such entry or alignment ({answer.status_code}); see its accession"
                )
            if not answer.ok:
                raise InputError(f"{url}: the server said {answer.status_code} {answer.reason}")
            if urlsplit(answer.url).scheme != urlsplit(url).scheme:
                raise InputError(f"{url}: was sent on to {answer.url}; https:// is needed")
            length = answer.headers.get("Content-Length", "")
            if length.isdigit() and int(length) > self.most:
                raise InputError(
                    f"{url}: {int(length) / 1e6:.0f} MB, more than {self.most / 1e6:g} MB; raise fetch.megabytes"
                )
            size, packed = 0, "Content-Encoding" in answer.headers
            # What has come, not a whole piece: a server that drips would be waited for.
            while piece := answer.raw.read1(_CHUNK, decode_content=packed):
                size += len(piece)
                yield piece
            if length.isdigit() and size != int(length) and not packed:
                raise _AgainError(f"{size:,} bytes came of {int(length):,}")


@contextlib.contextmanager
def _told(stalled: float) -> Iterator[None]:
    """Failures of a connection in words."""
    import urllib3

    try:
        yield
    except (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError):
        raise _AgainError(f"nothing came for {stalled:g} s") from None
    except (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError):
        raise _AgainError("the connection broke off") from None
    except requests.exceptions.SSLError as error:
        raise InputError(f"the server's certificate is not trusted ({_innermost(error)})") from None
    except requests.exceptions.RequestException as error:
        raise _AgainError(f"no connection ({_innermost(error)})") from None


def _innermost(error: BaseException) -> str:
    """Find what a chain of exceptions began with."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return str(error) or type(error).__name__


def _wanted(answer: Any) -> float:
    after = answer.headers.get("Retry-After", "")
    return float(after) if after.isdigit() else 0.0
