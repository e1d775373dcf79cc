"""Write README.md from the measured tables."""

import json
from collections.abc import Callable

import pandas as pd
from common import HERE, MEASURED, REPEATS, machine

HEAD = f"""# Benchmarks

`make bench` repeats all measurements and writes this page, whose numbers are of {machine()}.
`make bench FAMILIES=folder` also trains on real families: PF00014.fasta, WW_PF00397.fasta and vwa_1atzA.aln have to be
in that folder. adabmDCA 1.0.0 with PyTorch 2.13.0 for CPUs is installed into a folder of its own in the user's cache;
`make bench PEER=folder` uses an existing installation. Times are wall-clock medians of {REPEATS} rounds, in which
adabmDCA and this program take turns, after a first round that does not count.
"""


def section(title: str, name: str, text: str, show: Callable[[pd.DataFrame], pd.DataFrame]) -> str:
    files = sorted(MEASURED.glob(f"{name}*.tsv"))
    tables = [pd.read_csv(file, sep="\t") for file in files]
    lines = markdown(show(pd.concat(tables, ignore_index=True))) if tables else ["Not measured yet."]
    return f"\n## {title}\n\n{text.strip()}\n\n" + "\n".join(lines) + "\n"


def markdown(table: pd.DataFrame) -> list[str]:
    cells = table.astype(object).where(table.notna(), "").astype(str)
    rows = [list(table.columns), ["---"] * table.shape[1], *cells.to_numpy().tolist()]
    return [f"| {' | '.join(row)} |" for row in rows]


def figures(values: pd.Series, digits: int = 3) -> pd.Series:
    """Numbers with so many significant digits, without exponents."""
    return values.map(lambda x: "" if pd.isna(x) else f"{float(f'{x:.{digits}g}'):,.10g}")


def sampler(t: pd.DataFrame) -> pd.DataFrame:
    million = {name: figures(t[f"{name}_updates"] / 1e6) for name in ("ours", "gibbs", "metropolis")}
    return pd.DataFrame(
        {"L": t["L"], "q": t["q"], "chains": t["chains"], "ours": million["ours"], "adabmDCA Gibbs": million["gibbs"],
         "adabmDCA Metropolis": million["metropolis"], "ours / Gibbs": figures(t["over_gibbs"], 2),
         "ours / Metropolis": figures(t["over_metropolis"], 2), "rows read, GB/s": figures(t["bytes_per_second"] / 1e9),
         "bound, GB/s": figures(t["bound"] / 1e9), "of the bound": (100 * t["of_bound"]).map("{:.0f} %".format)}
    )  # fmt: skip


def identity(t: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"M": t["M"], "L": t["L"], "weights, s": figures(t["ours"], 2), "adabmDCA, s": figures(t["peer"]),
         "adabmDCA / ours": figures(t["ratio"], 2), "held-out set, s": figures(t["split"], 2),
         "memory of both, MB": figures(t["memory"] / 1e6, 2)}
    )  # fmt: skip


def training(t: pd.DataFrame) -> pd.DataFrame:
    ours = t["seconds"].where(t["program"] == "ours").groupby([t["family"], t["target"]]).transform("max")
    limited = t["reached"].map({True: "", False: "> "})
    sweeps = t["sweeps"].map("{:.0f}".format).where(t["sweeps"].notna(), "")
    heldout = figures(t["heldout"], 5) + t["heldout_error"].map(lambda e: "" if pd.isna(e) else f" ± {e:.1g}")
    return pd.DataFrame(
        {"family": t["family"], "L": t["L"], "M": t["M"], "Meff": figures(t["Meff"]), "program": t["program"],
         "settings": t["settings"].fillna("").map(plain), "Pearson asked for": t["target"],
         "seconds": limited + figures(t["seconds"]), "runs": t["runs"],
         "times ours": (limited + figures(t["seconds"] / ours, 2)).where(ours.notna(), ""),
         "its own chains, s": figures(t["own_seconds"]),
         "own Pearson": figures(t["own_pearson"]), "fresh chains": figures(t["fresh_pearson"]),
         "ceiling": figures(t["ceiling"]), "slope": figures(t["fresh_slope"]),
         "sweeps": sweeps + t["rests"].map({True: "", False: ", drifting"}).fillna(""),
         "held-out, nats a site": heldout}
    )  # fmt: skip


def plan(t: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"families": t["families"], "parts": t["parts"], "jobs of a part": t["jobs"],
         "seconds a part": figures(t["seconds"]), "memory, GiB": figures(t["peak"] / 2**30)}
    )  # fmt: skip


def family(t: pd.DataFrame) -> pd.DataFrame:
    ranked = t.assign(total=t["jobs"] * t["seconds"]).sort_values("total", ascending=False)
    return pd.DataFrame({"rule": ranked["rule"], "jobs": ranked["jobs"], "seconds of each": figures(ranked["seconds"])})


def simulate(t: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"families": t["families"], "jobs": t["jobs"], "submissions": t["submissions"],
         "hours until the last": figures(t["simulated_hours"]), "slots busy": t["busy_share"].map("{:.0%}".format),
         "Snakemake, ms a job": figures(1000 * t["processor_seconds"] / t["jobs"]),
         "memory, GiB": figures(t["peak"] / 2**30)}
    )  # fmt: skip


def asked(t: pd.DataFrame) -> pd.DataFrame:
    t = t.assign(memory=t["asked_mb"] / t["used_mb"], time=60 * t["asked_minutes"] / t["seconds"])
    table = t.groupby("stage", sort=False).agg(
        used=("used_mb", lambda used: f"{used.min():.0f} to {used.max():.0f}"),
        least=("memory", "min"), most=("memory", "max"), seconds=("seconds", "max"), minutes=("asked_minutes", "max"),
        shortest=("time", "min"),
    )  # fmt: skip
    names = {"used": "used, MB", "least": "asked / used, least", "most": "most", "seconds": "longest, s",
             "minutes": "minutes asked for, most", "shortest": "asked / taken, least"}  # fmt: skip
    return rounded(table.reset_index().rename(columns=names))


def way(t: pd.DataFrame) -> pd.DataFrame:
    return rounded(
        pd.DataFrame(
            {"family": t["family"], "program": t["program"], "steps": t["steps"], "seconds": t["seconds"],
             "its own chains": t["own"], "fresh chains": t["fresh_pearson"], "slope": t["fresh_slope"],
             "rest": t["rests"].map({True: "yes", False: "no"}), "held-out, nats a site": t["heldout"]}
        )
    )  # fmt: skip


def plain(settings: str) -> str:
    if not settings.startswith("{"):
        return settings
    return ", ".join(f"{key} {value}" for key, value in json.loads(settings).items())


def long_family(t: pd.DataFrame) -> pd.DataFrame:
    gib = 2**30
    return pd.DataFrame(
        {"L": t["L"], "couplings and chains, GiB": figures(t["couplings_and_chains"] / gib),
         "peak, GiB": figures(t["peak"] / gib), "of which idle": figures(t["idle"] / gib),
         "rest over couplings and chains": figures(t["times"]), "minutes": figures(t["seconds"] / 60),
         "steps": figures(t["steps"]), "Pearson": figures(t["pearson"]), "planted model": figures(t["truth"]),
         "ceiling": figures(t["ceiling"]), "slope": figures(t["slope"])}
    )  # fmt: skip


def engines(t: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"chains": t["chains"], "sweeps": t["sweeps"], "mean energy, Numba": figures(t["energy_numba"], 6),
         "JAX": figures(t["energy_jax"], 6), "error of the difference": figures(t["energy_error"], 2),
         "Kolmogorov-Smirnov p": figures(t["ks_p"], 2), "pair frequencies": t["pair_frequencies"],
         "mean squared z of their differences": figures(t["z_squared"]), "largest": figures(t["largest_z"])}
    )  # fmt: skip


def pipeline(t: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"rule": t["rule"], "jobs": t["jobs"], "seconds": figures(t["seconds"]), "longest": figures(t["longest"]),
         "peak memory, MB": figures(t["megabytes"])}
    )  # fmt: skip


def gpu_sampler(t: pd.DataFrame) -> pd.DataFrame:
    million = {name: figures(t[f"{name}_updates"] / 1e6) for name in ("cuda", "peer") if f"{name}_updates" in t}
    names = {"cuda": "ours", "peer": "adabmDCA, fp32"}
    table = t[["L", "q", "chains"]].assign(**{names[name]: column for name, column in million.items()})
    return table.assign(**{"ours / adabmDCA": figures(t["ratio"], 2)}) if "ratio" in t else table


def gpu(t: pd.DataFrame) -> pd.DataFrame:
    """As it stands, but for the card's name and what a program said."""
    yes = t.select_dtypes(bool).columns
    table = t.drop(columns=["card", "said"], errors="ignore").assign(**{name: t[name].map(_YES) for name in yes})
    return rounded(table.rename(columns=lambda name: name.replace("_", " ")))


_YES = {True: "yes", False: "no"}


def rounded(t: pd.DataFrame) -> pd.DataFrame:
    return t.apply(lambda column: figures(column) if pd.api.types.is_float_dtype(column) else column)


SECTIONS = (
    ("Sampler", "sampler", """
Million Gibbs site updates per second, for the same random model and number of chains. An update reads a row of
couplings from every site; the bound is the rate at which all cores together read, again and again, a buffer as large as
one site's couplings.
""", sampler),
    ("Weights and clusters", "identity", """
Seconds to compute sequence weights at 80 % identity, compared with the loop of adabmDCA's `compute_weights`, which was
run for 2 % of the sequences and its time divided by that share (each sequence costs the same); seconds to choose the
held-out set by single-linkage clusters; and the memory of both beyond that of the idle program.
""", identity),
    ("Training on real families", "training", """
Seconds that the whole program takes until its model reaches a Pearson correlation with the data. Ours stops when 40,000
fresh chains confirm it (`own Pearson`), adabmDCA when the chains used for training show it; `>` marks runs that were
stopped at a time limit. If two of three runs were stopped they decide the median; a limit beyond five minutes is waited
for once. The last row of adabmDCA is one long run: the highest hundredth that both it and ours reached, and the seconds
to reach it, without those of its start. `Its own chains`: seconds of training until the chains used for training showed
that correlation. `Fresh chains`: the correlation of 40,000 chains that start from the profile model and are swept until
they come to rest, 800 times at most.
""", training),
    ("Training: on the way", "way", """
Trainings that were cut short, each program with its best settings: seconds of training, without those of its start, and
the correlation of 40,000 fresh chains of the model with the data, beside that of the chains used for training.
""", way),
    ("Engines", "engines", """
Two samples of the same model of PF00014, one by each engine: their energies, and the differences, in standard errors,
of all pair frequencies that more than 20 chains have.
""", engines),
    ("Memory, and a long family", "long_family", """
Peak memory of training, less that of the idle program, over the memory of full L x q x L x q single-precision couplings
and of the chains. The last row is a planted model of 600 sites, trained on 20,000 of its sequences to a Pearson
correlation of 0.9 on 40,000 fresh chains; `planted model` is the correlation that as many chains of the planted model
itself reach.
""", long_family),
    ("A GPU", "gpu_sampler", """
`python benchmarks/gpu.py FOLDER` measures this part in one call. The numbers are of an NVIDIA H100 80GB HBM3 (driver
580, CUDA 13, JAX 0.11.2, 16 processor cores); adabmDCA 1.0.0 ran its single-precision Triton kernels, with PyTorch
2.11.0, in the same run. Million Gibbs site updates a second of a random model, with 16-bit couplings; medians of 3
rounds in which both take turns.
""", gpu_sampler),
    ("A GPU: whole jobs", "gpu_jobs", """
Training of PF00014 with an L2 of 0.001 until its gradient is down to its noise or 40,000 independent chains show a
Pearson correlation of 0.95, whichever comes first, from the start of Python to the model's file: with nothing compiled,
and with the compiled code that the first job left on disk. All tables of this part except that of compilation were
measured with the XLA flags of the workflow, which turn off trials of Triton's products.
""", gpu),
    ("A GPU: jobs that share it", "gpu_sharing", """
Training of PF00014 until its gradient is down to its noise, with 10,000 independent chains at its end and compiled code
on disk; several jobs at once on one card: seconds until the last one ended, and their mean. Each takes 0.6 GB of the
card's memory.
""", gpu),
    ("A GPU: trainings in one process", "gpu_learning", """
Training of PF00014 as of the whole jobs, but with 10,000 persistent chains instead of 4,000, one after the other:
seconds of each. The first has its compiled code to make. With 4,000 chains three of four ended as converged, and 40,000
independent chains of theirs showed 0.906 to 0.976 in two runs.
""", gpu),
    ("A GPU: replica exchange and annealing", "gpu_exchange", """
The model of PF00014 at seven temperatures from 0.4 to 1.5 by replica exchange, and ln Z by annealing 500 chains over
1,000 temperatures: seconds of each, the first time in a process and the next, and on two cores of the same machine.
""", gpu),
    ("A GPU: a long family", "gpu_long_family", """
A planted model of 400 sites, trained on 20,000 of its sequences to a Pearson correlation of 0.9 on 40,000 fresh chains;
every ten steps the chains are checked, and independent chains mixed in. On two cores of the same machine only the first
steps were run.
""", gpu),
    ("A GPU: from the alignment to the scores", "gpu_chain", """
PF00014 with the default settings, all sequences in one training set: seconds of `snakemake --cores 2` on two cores of
the card's machine, and of the jobs that use the engine. `First ever`: no compiled code is on disk. The run without the
card went on beside the others, on two cores of its own.
""", gpu),
    ("A GPU: compilation", "gpu_compilation", """
Seconds that XLA compiles, on two cores: training with an automatic L2, replica exchange, MBAR, and annealing.
""", gpu),
    ("A GPU: accuracy", "gpu_accuracy", """
Pair frequencies of 60,000 chains against enumeration, in standard errors, with couplings of 16 bits and in single
precision.
""", gpu),
    ("A GPU: engines", "gpu_two_samples", """
Two samples of the model of PF00014, as above: the card's against plain JAX's on the card, and against the CPU engine's.
""", gpu),
    ("What jobs ask for", "requests", """
Memory that the formulas of `temperance.workflow.resources` request, without the 400 MB of Snakemake's own processes,
over what Snakemake measured, and the minutes requested over those taken. Training was cut to 10 steps, and its minutes
are of these.
""", asked),
    ("Planning many families", "plan", """
`snakemake -n` for families with six sizes and three replicates each, none of whose jobs is done; on an Intel Xeon that
other programs used, too. Where a plan is made in parts, the first part was measured.
""", plan),
    ("One family", "family", """
Jobs of PF00014 (13,600 sequences, 52 columns), six sizes and three replicates with default settings, on two cores that
other programs used, too: 629 files, 109 MB, 21 minutes.
""", family),
    ("A simulated cluster", "simulate", """
Families like that one, of a quarter to four times its cost, through Snakemake's own scheduler with `profiles/slurm` and
an executor that computes nothing (`snakemake_executor_plugin_stub`), on 500 slots. Its clock advances whenever
Snakemake has submitted nothing for two seconds, so the hours are upper bounds.
""", simulate),
    ("The embedded default", "pipeline", """
Seconds of all jobs of each rule, from an empty folder, with Numba's compiled code in its cache.
""", pipeline),
)  # fmt: skip


if __name__ == "__main__":
    # What a card would tell in several tables is missing as one.
    sections = [parts for parts in SECTIONS if ":" not in parts[0] or list(MEASURED.glob(f"{parts[1]}*.tsv"))]
    (HERE / "README.md").write_text(HEAD + "".join(section(*parts) for parts in sections))
