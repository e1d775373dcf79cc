"""Library of Snakemake's rules: configuration, resources, provenance, status."""
