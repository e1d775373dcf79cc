"""Get an alignment from InterPro's servers."""

import logging
import shutil
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import atomic, save_json
from temperance.core.settings.stages import FetchStage
from temperance.msa.interpro import Fetcher

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """None."""


class Outputs(NamedTuple):
    """Stockholm, as it came; and where it came from."""

    alignment: Path
    summary: Path


def run(outputs: Outputs, settings: FetchStage) -> None:
    """Fetch the alignment."""
    options = settings.fetch.model_dump()
    kind, sha256 = options.pop("alignment"), options.pop("sha256")
    fetcher = Fetcher(**options, progress=log.info)
    fetched = fetcher.pfam(settings.pfam or fetcher.find_pfam(settings.interpro or ""), kind, sha256)
    with atomic(outputs.alignment) as part:
        shutil.copyfile(fetched.path, part)
    save_json(outputs.summary, {"url": fetched.url, "sha256": fetched.sha256, "bytes": fetched.bytes})
