"""What of a run is done, what runs and what has failed: a table, family by family, on the terminal and in the log."""

from pathlib import Path

from temperance.workflow.status import status

table = status(**snakemake.params).to_string(index=False)
Path(snakemake.log[0]).write_text(table + "\n", encoding="utf-8")
print(table)
