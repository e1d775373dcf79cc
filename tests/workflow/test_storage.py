"""A run whose alignment and results lie in S3, by Snakemake's storage plugin: all that jobs read has to be declared."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest
from workflow_run import ONE_SUBSET, SMALL, command, fasta, install, planted_rows

from temperance.core.alphabet import alphabet

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
SECRETS = {"ACCESS_KEY": "ACCESS_KEY_ID", "SECRET_KEY": "SECRET_ACCESS_KEY"}
# What the server is asked: to make the bucket and put the alignment there, to name its files, to delete one.
CLIENT = """
import boto3, json, sys
client = boto3.client("s3", endpoint_url=sys.argv[1])
if sys.argv[2] == "put":
    client.create_bucket(Bucket="bucket")
    client.upload_file(sys.argv[3], "bucket", "run/family.fasta")
elif sys.argv[2] == "delete":
    client.delete_object(Bucket="bucket", Key=sys.argv[3])
pages = client.get_paginator("list_objects_v2").paginate(Bucket="bucket")
print(json.dumps([entry["Key"] for page in pages for entry in page.get("Contents", [])]))
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Folders with the server, and with the plugin alone: what else it needs the environment has."""
    server = install(tmp_path_factory.mktemp("server"), "moto[server]", "boto3")
    plugin = ("snakemake-storage-plugin-s3", "boto3", "botocore", "s3transfer", "jmespath")
    return server, install(tmp_path_factory.mktemp("plugin"), "--no-deps", *plugin)


@pytest.fixture
def bucket(packages, tmp_path):
    """A server with a bucket that holds an alignment: its address, and how to ask it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | KEYS | {"PYTHONPATH": packages[0]}
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def ask(*words):
        run = subprocess.run(
            [sys.executable, "-c", CLIENT, address, *words], env=environment, capture_output=True, text=True, check=True
        )
        return json.loads(run.stdout)

    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        alignment = tmp_path / "family.fasta"
        alignment.write_text(fasta(planted_rows(alphabet("protein"))))
        ask("put", os.fspath(alignment))
        alignment.unlink()
        yield address, ask
    finally:
        server.terminate()
        server.wait()


def test_alignment_and_results_lie_in_a_bucket(packages, bucket, tmp_path):
    address, ask = bucket
    settings = ("--default-storage-provider", "s3", "--default-storage-prefix", "s3://bucket/run",
                "--storage-s3-endpoint-url", address)  # fmt: skip

    def run(*arguments):
        call = command(
            tmp_path, SMALL | ONE_SUBSET | {"alignment": "family.fasta", "results": "results"}, *settings, *arguments
        )
        keys = {
            f"SNAKEMAKE_STORAGE_S3_{name}": value for name, value in (("ACCESS_KEY", "key"), ("SECRET_KEY", "secret"))
        }
        call["env"] = call["env"] | KEYS | keys | {"PYTHONPATH": packages[1]}
        done = subprocess.run(**call, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    run()
    files = set(ask("list"))
    made = {"report.html", "family/designs.tsv", "family/report.html", "family/f1-r1/model.safetensors"}
    assert {f"run/results/{name}" for name in made} <= files
    assert not (tmp_path / "results" / "family" / "designs.tsv").exists()
    assert "Nothing to be done" in run("-n")
    ask("delete", "run/results/family/f1-r1/ladder.tsv")
    again = run("-n")
    jobs = {line.split()[0] for line in again.splitlines() if len(line.split()) == 2 and line.split()[1].isdigit()}
    assert {"sample", "thermodynamics", "score", "optimum"} <= jobs
    assert "train" not in jobs
