"""A cluster that computes nothing: jobs last as long as measured ones did, on a clock that jumps when nothing happens.

Everything else is Snakemake's own: the plan, the choice of what runs next, checks of outputs, records of what was done.
"""

import hashlib
import heapq
import json
import os
import time
from pathlib import Path

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.settings import CommonSettings

common_settings = CommonSettings(
    non_local_exec=True,
    implies_no_shared_fs=False,
    job_deploy_sources=False,
    pass_envvar_declarations_to_cmd=False,
    auto_deploy_default_storage_provider=False,
    init_seconds_before_status_checks=0,
)
# Simulated seconds of a submission's start, and between looks at what is done, as in profiles/slurm; real seconds
# without a new submission after which the scheduler has nothing more to submit.
_START, _LOOK, _QUIET = 5, 10, 2.0


class Executor(RemoteExecutor):
    def __post_init__(self):
        self.seconds = json.loads(os.environ["SIMULATED_SECONDS"])
        self.now, self.busy, self.submitted, self.since = 0.0, 0.0, 0, time.monotonic()
        # Running: a heap of ends and identities; ended: identities, until the job is next looked at.
        self.running, self.ended = [], set()
        self.next_seconds_between_status_checks = 0.02

    def run_job(self, job):
        self.submitted += 1
        self.since = time.monotonic()
        jobs = list(job.jobs) if job.is_group() else [job]
        lasts = _START + sum(self._lasts(one) for one in jobs)
        self.busy += lasts
        heapq.heappush(self.running, (self.now + lasts, self.submitted))
        self.report_job_submission(SubmittedJobInfo(job=job, external_jobid=str(self.submitted), aux={"jobs": jobs}))

    def _lasts(self, job):
        """A rule's measured seconds, times what the family is larger or smaller than that: a quarter to four times."""
        family = int(hashlib.sha256(job.wildcards.get("family", "").encode()).hexdigest()[:8], 16) / 2**32
        return self.seconds[job.rule.name] * 4 ** (2 * family - 1)

    async def check_active_jobs(self, active_jobs):
        if self.running and time.monotonic() - self.since > _QUIET:
            self.now = max(self.now, self.running[0][0]) + _LOOK
            while self.running and self.running[0][0] <= self.now:
                self.ended.add(str(heapq.heappop(self.running)[1]))
            totals = {"now": self.now, "busy": self.busy, "submitted": self.submitted}
            Path(os.environ["SIMULATED_CLOCK"]).write_text(json.dumps(totals))
            self.since = time.monotonic()
        for info in active_jobs:
            if info.external_jobid in self.ended:
                for job in info.aux["jobs"]:
                    for file in map(Path, [*job.output, *filter(None, [job.benchmark])]):
                        file.parent.mkdir(parents=True, exist_ok=True)
                        file.touch()
                self.report_job_success(info)
            else:
                yield info

    def cancel_jobs(self, active_jobs):
        pass
