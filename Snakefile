# (fetch, search) -> alignment -> (split, hmm) -> subsets -> model -> tempered samples -> scores (-> compare) -> optimum -> designs -> report
#
#                                                       model -> predict (contacts, mutants)
#                                                      scores -> measured (results of the laboratory) -> optimum, designs, feedback
#
# Each arrow is one rule in workflow/rules, each rule one script of the same name in scripts/.

# A configuration file named on the command line replaces the embedded default as a whole; keys that it does not
# contain have the defaults of the schema.
if not workflow.configfiles:

    configfile: f"{workflow.current_basedir}/config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/requests.smk"


container: RUN["container"]


localrules:
    all,
    fetch,
    study_data_size,
    study_gap,
    study_regularisation,
    claims,
    coverage,
    paper,


rule all:
    input:
        final_targets,


rule study_data_size:
    """Target: dependence of optimal temperatures on the number of training sequences."""
    input:
        f"{OUT}/studies/data_size.tsv",


rule study_gap:
    """Target: dependence of optimal temperatures on the energy gap and the number of training sequences."""
    input:
        f"{OUT}/studies/gap.tsv",


rule study_regularisation:
    """Target: dependence of optimal temperatures on regularisation and the number of training sequences."""
    input:
        f"{OUT}/studies/regularisation.tsv",


rule claims:
    """Target: tables and figures of docs/claims."""
    input:
        expand(f"{OUT}/claims/{{claim}}.tsv", claim=CLAIMS),


rule coverage:
    """Target: how often confidence intervals cover the exact value, the table of docs/coverage.md."""
    input:
        f"{OUT}/coverage.md",


rule paper:
    """Target: the figures of the publication beside its claims, the page docs/paper.md."""
    input:
        f"{OUT}/paper.md",


include: "workflow/rules/truth.smk"
include: "workflow/rules/source.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/subsample.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/measured.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/predict.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/verify.smk"


onstart:
    if CONSOLE:
        CONSOLE.plan(
            (job.jobid, job.rule.name, job.wildcards_dict)
            for job in workflow.dag.needrun_jobs()
        )
    try:
        if warning := check_memory(
            memory_needs(workflow.dag.needrun_jobs()), MEMORY
        ):
            print(warning, file=sys.stderr)
    except InputError as error:
        sys.tracebacklimit = 0
        raise WorkflowError(f"error: {error}") from None
