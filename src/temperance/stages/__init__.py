"""One module for each rule of the workflow: `run(inputs, outputs, ...)` reads files, computes, and writes files.

`Inputs` and `Outputs` name the files; the rule of the same name in `workflow/rules` declares the same names. The other
parameters of `run` (settings, seed, threads, ...) are those of the rule. `temperance.workflow.script.run_script` calls
`run` with the files and parameters of a job.
"""
