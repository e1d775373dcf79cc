# alignment -> (split, hmm) -> subsets -> model -> tempered samples -> scores -> optimum -> designs -> report
#
# Each arrow is one rule in workflow/rules, each rule one script of the same name in scripts/.

# A configuration file named on the command line stands for the whole run; what it leaves out has the
# schema's default. Without one, the embedded default runs.
if not workflow.configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


localrules:
    all,


rule all:
    input:
        final_targets(),


include: "workflow/rules/truth.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/subsample.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/report.smk"
