"""One module a rule of the workflow: `run(inputs, outputs, ...)` reads files, decides, and writes files.

`Inputs` and `Outputs` name the files; the rule of the same name in `workflow/rules` declares the same ones. What else
`run` takes (settings, seed, threads) are the rule's parameters. `temperance.workflow.job.run_stage` brings them
together.
"""
