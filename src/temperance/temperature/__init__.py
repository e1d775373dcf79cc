"""The project's question: at which temperature to sample a model of a family, and what that says of the model."""
