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
    """Describe a file that was fetched.

    Attributes
    ----------
    path : Path
        File in the cache.
    url : str
        Its origin.
    sha256 : str
        Hexadecimal digest of its content.
    bytes : int
        Its size.
    """

    path: Path
    url: str
    sha256: str
    bytes: int


class _RetryError(Exception):
    """Say why another try may succeed, and how many seconds the server asks to wait."""

    def __init__(self, reason: str, wait: float = 0.0):
        super().__init__(reason)
        self.wait = wait


class Fetcher:
    """Fetch files from InterPro's API over HTTPS, with retries and a cache.

    Parameters
    ----------
    url : str
        Of the server's API; plain HTTP only on this computer.
    tries : int
        Times that a file is asked for, with pauses between them that double from a second on.
    stalled : float
        Seconds without a byte after which a connection has failed.
    minutes : float
        The longest that a file may take, all tries together.
    megabytes : float
        The largest that a file may be.
    cache : str or Path
        Folder of what was fetched before, each beside its SHA-256. Empty: `temperance` in the user's cache folder.
    progress : callable
        Receives a message for each file and each failed try.

    Raises
    ------
    InputError
        If `url` is not https.
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
            raise InputError(f"fetch.url: {url}: expected an address that begins with https://")
        self.url, self.tries, self.stall_timeout = url.rstrip("/"), tries, stalled
        self.seconds, self.max_bytes, self.progress = 60 * minutes, int(1e6 * megabytes), progress
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.cache = Path(cache) if cache else Path(home, "temperance", "fetched")

    def pfam(self, accession: str, kind: str, sha256: str = "") -> Fetched:
        """Fetch the full or seed alignment of a Pfam entry, Stockholm, usually gzipped.

        Parameters
        ----------
        accession : str
            Of the Pfam entry, such as PF00014.
        kind : {'full', 'seed'}
            Which alignment.
        sha256 : str
            Digest that the file must have; empty: any.

        Returns
        -------
        Fetched
            The file in the cache.

        Raises
        ------
        InputError
            If it is no Stockholm alignment, or `get` fails.
        """
        fetched = self.get(f"entry/pfam/{accession}/?annotation=alignment:{kind}&download", sha256)
        with fetched.path.open("rb") as file:
            beginning = file.read(12)
        if not beginning.startswith((b"\x1f\x8b", b"# STOCKHOLM")):
            self._forget(fetched.url)
            raise InputError(
                f"{fetched.url}: not a Stockholm alignment, plain or gzipped; it begins with {beginning!r}"
            )
        return fetched

    def find_pfam(self, interpro: str) -> str:
        """Find the Pfam entry that an InterPro entry integrates.

        Parameters
        ----------
        interpro : str
            Accession of the InterPro entry, such as IPR002223.

        Returns
        -------
        str
            Accession of the Pfam entry.

        Raises
        ------
        InputError
            If it has none or several, the answer is no InterPro entry, or `get` fails.
        """
        fetched = self.get(f"entry/interpro/{interpro}/")
        try:
            content = json.loads(fetched.path.read_text(encoding="utf-8"))
            members = sorted(content["metadata"]["member_databases"].get("pfam", {}))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._forget(fetched.url)
            raise InputError(f"{fetched.url}: not an InterPro entry (no metadata.member_databases)") from None
        if len(members) != 1:
            entries = f"several Pfam entries, {', '.join(members)}" if members else "no Pfam entry"
            raise InputError(f"interpro: {interpro} has {entries}; give one Pfam entry as 'pfam'")
        return members[0]

    def get(self, path: str, sha256: str = "") -> Fetched:
        """Fetch a file of the API, from the cache if it is there whole.

        Parameters
        ----------
        path : str
            Behind the API's URL.
        sha256 : str
            Digest that the file must have; empty: any.

        Returns
        -------
        Fetched
            The file in the cache.

        Raises
        ------
        InputError
            If there is no such file, it is too large or another than expected, or no try succeeded.
        """
        url = f"{self.url}/{path}"
        fetched = self._load_cached(url) or self._fetch_with_retries(url)
        if sha256 and fetched.sha256 != sha256.lower():
            self._forget(url)
            raise InputError(
                f"fetch.sha256: {url} has the digest {fetched.sha256}, not {sha256}; it may be a new release"
            )
        return fetched

    def _paths(self, url: str) -> tuple[Path, Path]:
        name = re.sub(r"[^A-Za-z0-9]+", "-", urlsplit(url).path).strip("-")[-60:]
        stem = self.cache / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
        return stem, stem.with_suffix(".json")

    def _load_cached(self, url: str) -> Fetched | None:
        path, record_path = self._paths(url)
        try:
            record = json.loads(record_path.read_text(encoding="utf-8"))
            fetched = Fetched(path, url, hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
            if record["sha256"] == fetched.sha256:
                self.progress(f"{url}: using the cached file {path}")
                return fetched
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        return None

    def _forget(self, url: str) -> None:
        for path in self._paths(url):
            path.unlink(missing_ok=True)

    def _fetch_with_retries(self, url: str) -> Fetched:
        end, reason = time.monotonic() + self.seconds, ""
        for number in range(1, self.tries + 1):
            try:
                return self._fetch_once(url, end)
            except _RetryError as error:
                reason = str(error)
                remaining = end - time.monotonic()
                pause = min(max(error.wait, 2.0 ** (number - 1)), _LONGEST_WAIT)
                if number == self.tries or pause > remaining:
                    break
                self.progress(f"{url}: {reason}; try {number + 1} of {self.tries} in {pause:g} s")
                time.sleep(pause)
        raise InputError(
            f"{url}: {reason}, after {number} {'try' if number == 1 else 'tries'}; where there is no network, download "
            "the alignment elsewhere and give it as 'alignment'"
        )

    def _fetch_once(self, url: str, end: float) -> Fetched:
        path, record_path = self._paths(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with atomic(path) as temporary_path, temporary_path.open("wb") as file:
            for piece in self._pieces(url):
                size += len(piece)
                if size > self.max_bytes:
                    raise InputError(f"{url}: more than {self.max_bytes / 1e6:g} MB; raise fetch.megabytes")
                if time.monotonic() > end:
                    raise _RetryError(f"only {size:,} bytes arrived in {self.seconds / 60:g} minutes (fetch.minutes)")
                digest.update(piece)
                file.write(piece)
            if not size:
                raise _RetryError("the server sent an empty file")
        save_json(record_path, {"url": url, "sha256": digest.hexdigest(), "bytes": size})
        self.progress(f"{url}: {size:,} bytes, SHA-256 {digest.hexdigest()}")
        return Fetched(path, url, digest.hexdigest(), size)

    def _pieces(self, url: str) -> Iterator[bytes]:
        with (
            _translate_errors(url, self.stall_timeout),
            requests.get(
                url,
                stream=True,
                timeout=(self.stall_timeout, self.stall_timeout),
                headers={"Accept-Encoding": "identity"},
            ) as answer,
        ):
            if answer.status_code in _BUSY:
                raise _RetryError(f"the server answered {answer.status_code} {answer.reason}", _retry_delay(answer))
            if answer.status_code in (204, 404, 410):
                raise InputError(
                    f"{url}: there is no such entry or alignment ({answer.status_code}); check the accession"
                )
            if not answer.ok:
                raise InputError(f"{url}: the server answered {answer.status_code} {answer.reason}")
            if urlsplit(answer.url).scheme != urlsplit(url).scheme:
                raise InputError(f"{url}: redirected to {answer.url}, which is not https://")
            length = answer.headers.get("Content-Length", "")
            if length.isdigit() and int(length) > self.max_bytes:
                raise InputError(
                    f"{url}: {int(length) / 1e6:.0f} MB, more than {self.max_bytes / 1e6:g} MB; raise fetch.megabytes"
                )
            size, is_encoded = 0, "Content-Encoding" in answer.headers
            # What has come, not a whole piece: a server that drips would be waited for.
            while piece := answer.raw.read1(_CHUNK, decode_content=is_encoded):
                size += len(piece)
                yield piece
            if length.isdigit() and size != int(length) and not is_encoded:
                raise _RetryError(f"only {size:,} of {int(length):,} bytes arrived")


@contextlib.contextmanager
def _translate_errors(url: str, stall_timeout: float) -> Iterator[None]:
    """Translate failures of a connection to errors that say whether to retry."""
    import urllib3

    try:
        yield
    except (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError):
        raise _RetryError(f"no data for {stall_timeout:g} s") from None
    except (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError):
        raise _RetryError("the connection was interrupted") from None
    except requests.exceptions.SSLError as error:
        raise InputError(f"{url}: the server's certificate is not trusted ({_innermost(error)})") from None
    except requests.exceptions.RequestException as error:
        raise _RetryError(f"no connection ({_innermost(error)})") from None


def _innermost(error: BaseException) -> str:
    """Describe the first exception of a chain."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return str(error) or type(error).__name__


def _retry_delay(answer: Any) -> float:
    seconds = answer.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdigit() else 0.0
