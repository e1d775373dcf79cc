"""Names of formats and of their files; cheap to import, since planning a workflow needs no more."""

# What a family's results can be given out as, and what the files are called.
EXPORTS = {
    "adabmdca": "params.dat", "bmdca": "parameters.txt", "mi3": "J.npy", "ccmpred": "ccmpred.raw",
    "gremlin": "gremlin.mrf", "plmc": "plmc.model", "chains": "chains.fasta", "alignment": "alignment.fasta",
}  # fmt: skip
