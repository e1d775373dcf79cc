"""What the laboratory measured: tables of sequences with scores, what they say of judges, and a calibrated model."""
