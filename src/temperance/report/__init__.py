"""Tables, figures and pages for the reader."""
