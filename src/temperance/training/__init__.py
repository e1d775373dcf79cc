"""Training of Potts models to the optimum of their penalised likelihood."""

from temperance.training.imported import evaluate_imported
from temperance.training.pcd import train
from temperance.training.result import Confirmation, Training

__all__ = ["Confirmation", "Training", "evaluate_imported", "train"]
