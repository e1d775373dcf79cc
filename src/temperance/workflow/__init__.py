"""What Snakemake's rules need: configuration, resources, provenance, status."""
