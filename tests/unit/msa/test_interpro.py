"""Alignments from a server: a real one on this computer, that also fails, truncates, stalls and sends too much."""

import gzip
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from temperance.core.errors import InputError
from temperance.msa.interpro import Fetcher, _translate_errors

STOCKHOLM = gzip.compress(b"# STOCKHOLM 1.0\nA/1-4 ACDE\nB/1-4 AC-E\n//\n", mtime=0)


class _Server(ThreadingHTTPServer):
    """Answers with what `script` says for one request after the other, the last one ever after."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script, self.asked, self.released = [], [], threading.Event()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        step = server.script.pop(0) if len(server.script) > 1 else server.script[0]
        status, body = step.get("status", 200), step.get("body", STOCKHOLM)
        self.send_response(status)
        if "location" in step:
            self.send_header("Location", step["location"])
        for name, value in step.get("headers", {}).items():
            self.send_header(name, value)
        if step.get("length", True):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: step.get("sent", len(body))])
        self.wfile.flush()
        if step.get("stall"):
            server.released.wait(20)
        if step.get("drip"):
            for _ in range(200):
                if server.released.wait(0.05):
                    return
                self.wfile.write(b"x" * 10)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.released.set()
    server.shutdown()


@pytest.fixture
def fetcher(server, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    made = Fetcher(
        f"http://127.0.0.1:{server.server_port}/api", tries=3, stalled=0.5, minutes=0.5, megabytes=1,
        cache=tmp_path / "cache", progress=lambda _: None,
    )  # fmt: skip
    made.pauses = pauses
    return made


def test_an_alignment_is_fetched_once_and_kept(server, fetcher):
    server.script = [{}]
    download = fetcher.pfam("PF00014", "full")
    assert download.path.read_bytes() == STOCKHOLM
    assert download.sha256 == hashlib.sha256(STOCKHOLM).hexdigest() and download.bytes == len(STOCKHOLM)
    assert server.asked == ["/api/entry/pfam/PF00014/?annotation=alignment:full&download"]
    assert fetcher.pfam("PF00014", "full") == download
    fetcher.pfam("PF00014", "seed")
    assert len(server.asked) == 2


def test_a_file_that_is_packed_on_the_way_is_unpacked_once(server, fetcher):
    server.script = [{"body": gzip.compress(STOCKHOLM), "headers": {"Content-Encoding": "gzip"}}]
    assert fetcher.pfam("PF00014", "full").path.read_bytes() == STOCKHOLM


def test_a_damaged_cache_is_not_believed(server, fetcher):
    server.script = [{}]
    download = fetcher.pfam("PF00014", "full")
    download.path.write_bytes(STOCKHOLM[:-3])
    assert fetcher.pfam("PF00014", "full").path.read_bytes() == STOCKHOLM
    assert len(server.asked) == 2


@pytest.mark.parametrize("record", ["[" * 100_000, "[]", "{", "{}"])
def test_a_record_of_the_cache_that_is_no_record_is_asked_for_again(record, server, fetcher):
    server.script = [{}]
    path = fetcher.pfam("PF00014", "full").path
    path.with_suffix(".json").write_text(record)
    assert fetcher.pfam("PF00014", "full").path.read_bytes() == STOCKHOLM
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 503},
        {"status": 408},
        {"status": 429, "headers": {"Retry-After": "7"}},
        {"sent": 10},
        {"sent": 10, "stall": True},
        {"body": b""},
    ],
    ids=["busy", "preparing", "too often", "truncated", "stalled", "empty"],
)
def test_trouble_that_passes_is_waited_for(trouble, server, fetcher):
    server.script = [trouble, trouble, {}]
    assert fetcher.pfam("PF00014", "full").path.read_bytes() == STOCKHOLM
    assert len(server.asked) == 3
    assert fetcher.pauses == ([7, 7] if "headers" in trouble else [1, 2])


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ({"status": 503}, "503 Service Unavailable, after 3 tries"),
        ({"sent": 10}, "only 10 of|the connection was interrupted"),
        ({"sent": 10, "stall": True}, "no data for 0.5 s"),
        ({"status": 404}, "no such entry"),
        ({"status": 204, "body": b""}, "no such entry"),
        ({"status": 403}, "403 Forbidden"),
        ({"body": b"<html>try again</html>"}, "not a Stockholm alignment"),
        ({"body": b"x" * 1_100_000}, "1 MB, more than 1 MB; raise fetch.megabytes"),
        ({"body": b"x" * 1_100_000, "length": False}, "more than 1 MB; raise fetch.megabytes"),
    ],
)
def test_trouble_that_stays_is_told_in_a_line_and_leaves_nothing(trouble, message, server, fetcher):
    server.script = [trouble]
    with pytest.raises(InputError, match=message) as raised:
        fetcher.pfam("PF00014", "full")
    assert "\n" not in str(raised.value) and "PF00014" in str(raised.value)
    assert not list(fetcher.cache.glob("*"))


def test_a_server_that_drips_is_given_up(server, fetcher):
    fetcher.seconds, fetcher.tries = 0.3, 1
    server.script = [{"body": b"x" * 100_000, "sent": 10, "drip": True}]
    with pytest.raises(InputError, match=r"minutes \(fetch.minutes\)"):
        fetcher.pfam("PF00014", "full")


def test_without_a_network_the_way_out_is_named(fetcher, server):
    server.shutdown()
    server.server_close()
    with pytest.raises(InputError, match=r"no connection .* give it as 'alignment'"):
        fetcher.pfam("PF00014", "full")


def test_another_checksum_is_refused(server, fetcher):
    server.script = [{}]
    right = hashlib.sha256(STOCKHOLM).hexdigest()
    assert fetcher.pfam("PF00014", "full", right.upper()).sha256 == right
    with pytest.raises(InputError, match=r"fetch\.sha256"):
        fetcher.pfam("PF00014", "full", "0" * 64)


def test_an_interpro_entry_stands_for_its_pfam_entry(server, fetcher):
    def entry(pfam):
        return {"body": json.dumps({"metadata": {"member_databases": {"pfam": pfam, "smart": {}}}}).encode()}

    server.script = [entry({"PF00014": "Kunitz"})]
    assert fetcher.find_pfam("IPR002223") == "PF00014"
    for number, (answer, message) in enumerate(
        [
            (entry({"PF1": "", "PF2": ""}), "several Pfam"),
            (entry({}), "no Pfam"),
            ({"body": b"{}"}, "not an InterPro entry"),
        ]
    ):
        server.script = [answer]
        with pytest.raises(InputError, match=message):
            fetcher.find_pfam(f"IPR00000{number}")


def test_only_https_is_trusted_beyond_this_computer(server, fetcher):
    limits = {"tries": 1, "stalled": 1, "minutes": 1, "megabytes": 1}
    with pytest.raises(InputError, match="https://"):
        Fetcher("http://example.org", **limits)
    with pytest.raises(InputError, match="https://"):
        Fetcher("file:///etc/passwd", **limits)


def test_an_untrusted_certificate_is_reported_with_the_address():
    with (
        pytest.raises(InputError, match=r"^https://example\.org/entry: the server's certificate is not trusted"),
        _translate_errors("https://example.org/entry", 1.0),
    ):
        raise requests.exceptions.SSLError("self-signed certificate")
