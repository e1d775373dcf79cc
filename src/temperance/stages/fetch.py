"""Download the alignment of a Pfam entry from InterPro's servers."""

import logging
import shutil
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import atomic, save_json
from temperance.core.settings.stages import FetchStage
from temperance.msa.interpro import Fetcher

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read: none."""


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    alignment : Path
        Alignment as it was downloaded, Stockholm.
    summary : Path
        Address, SHA-256 digest and size in bytes of the download, as JSON.
    """

    alignment: Path
    summary: Path


def run(outputs: Outputs, settings: FetchStage) -> None:
    """Download the alignment of a Pfam entry, or of the one that an InterPro entry integrates.

    Parameters
    ----------
    outputs : Outputs
        Files to write.
    settings : FetchStage
        Accession of the entry, and how it is downloaded.

    Raises
    ------
    InputError
        If the download fails, or the entry has no such alignment.
    """
    options = settings.fetch.model_dump()
    kind, sha256 = options.pop("alignment"), options.pop("sha256")
    fetcher = Fetcher(**options, progress=log.info)
    download = fetcher.pfam(settings.pfam or fetcher.find_pfam(settings.interpro or ""), kind, sha256)
    with atomic(outputs.alignment) as temporary_path:
        shutil.copyfile(download.path, temporary_path)
    save_json(outputs.summary, {"url": download.url, "sha256": download.sha256, "bytes": download.bytes})
