"""Get an alignment from InterPro's servers. Outputs: Stockholm, as it came, and where it came from."""

import shutil

from temperance.core.files import atomic, save_json
from temperance.msa.interpro import Fetcher
from temperance.workflow.job import job

with job(snakemake) as log:
    settings = snakemake.params.settings
    given = dict(settings["fetch"])
    kind, sha256 = given.pop("alignment"), given.pop("sha256")
    fetcher = Fetcher(**given, progress=log.info)
    found = fetcher.pfam(settings["pfam"] or fetcher.pfam_of(settings["interpro"]), kind, sha256)
    with atomic(snakemake.output.alignment) as part:
        shutil.copyfile(found.path, part)
    save_json(snakemake.output.summary, {"url": found.url, "sha256": found.sha256, "bytes": found.bytes})
