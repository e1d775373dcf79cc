"""A trained model with the evidence of how well it was trained."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from temperance.core.alphabet import Alphabet
from temperance.core.files import save_json, save_table
from temperance.potts.model import Potts


@dataclass(frozen=True)
class Confirmation:
    """Agreement of a model with its training data, measured on chains that took no part in the training.

    Attributes
    ----------
    pearson, slope : float
        Of the model's connected two-site correlations against the data's.
    pearson_error : float
        Standard error of `pearson`, from blocks of the chains that have no ancestors in common.
    ceiling : float
        Pearson correlation that as many sequences drawn from the data themselves reach.
    scale_error : float
        Relative error of the common scale of all parameters: Newton's step in its logarithm, by the penalised
        likelihood. A model that is too hot by a tenth has a scale error of about 0.1.
    energy_shift : float
        Mean energy of these chains minus that of the chains that were trained with, in standard deviations.
    chains, sweeps : int
        Number of chains, and Gibbs sweeps of each.
    families : float
        Effective number of independent chains among them (`temperance.sampling.population`).
    equilibrated : bool
        Whether the families are many enough, and the chains agree in energy with those that were trained with.
    """

    pearson: float
    pearson_error: float
    slope: float
    ceiling: float
    scale_error: float
    energy_shift: float
    chains: int
    sweeps: int
    families: float
    equilibrated: bool


@dataclass(frozen=True)
class Training:
    """A trained model in the zero-sum gauge, with the record of its training.

    Attributes
    ----------
    stopped : {'converged', 'target', 'steps', 'time', 'imported'}
        `converged`: the gradient of the penalised likelihood was down to its sampling noise, the scale had settled, and
        independent chains agreed with those that were trained with. `target`: early stopping was asked for, and
        independent chains confirmed the Pearson correlation. `steps`, `time`: a limit came first. `imported`: the model
        was trained elsewhere.
    l2_couplings : float
        Penalty on the couplings that the model was trained with; nan for an imported model.
    l2_choice : str
        'fixed', 'held-out log-likelihood', 'too few held-out sequences' or 'unknown'.
    history : pandas.DataFrame
        One row every `check_every` steps: step, l2_couplings, pearson, slope, scale_error, gradient_norm,
        gradient_noise (the norm that sampling noise alone gives), acceptance (share of sites that the sweeps of a step
        changed), seconds.
    strengths : pandas.DataFrame
        One row a penalty that was tried (`temperance.training.strengths`).
    sequences, meff : int, float
        Training sequences and their effective number.
    target : float or None
        Pearson correlation at which training was to stop early, None where it was not.
    """

    model: Potts
    stopped: str
    steps: int
    l2_couplings: float
    l2_choice: str
    confirmation: Confirmation
    history: pd.DataFrame
    strengths: pd.DataFrame
    sequences: int
    meff: float
    target: float | None

    @property
    def outcome(self) -> str:
        """Why training stopped and how well the model agrees with the data, in one line for a log.

        Returns
        -------
        str
        """
        agreement = self.confirmation
        reason = {
            "converged": f"converged after {self.steps} steps",
            "target": f"stopped early, at Pearson {self.target}, after {self.steps} steps",
            "steps": f"not converged when the limit of {self.steps} steps was reached",
            "time": f"not converged when the time limit was reached, after {self.steps} steps",
            "imported": "imported model",
        }[self.stopped]
        return (
            f"{reason}; L2 {self.l2_couplings:g} ({self.l2_choice}); {agreement.chains} independent chains show the "
            f"data's correlations with Pearson {agreement.pearson:.3f} ± {agreement.pearson_error:.3f} (ceiling "
            f"{agreement.ceiling:.3f})"
        )

    def save(self, folder: Path, alphabet: Alphabet, source: dict[str, Any]) -> None:
        """Write `model.safetensors`, `history.tsv`, `regularisation.tsv` and `training.json`, with the provenance.

        Parameters
        ----------
        folder : Path
            Where the files go.
        alphabet : Alphabet
            Of the model's states.
        source : dict
            Provenance, for the model and for `training.json`.
        """
        summary = {
            "M": self.sequences,
            "Meff": self.meff,
            "stopped": self.stopped,
            "steps": self.steps,
            "l2_couplings": None if self.stopped == "imported" else self.l2_couplings,
            "l2_choice": self.l2_choice,
            "target": self.target,
            "confirmation": asdict(self.confirmation),
            "provenance": source,
        }
        self.model.save(folder / "model.safetensors", alphabet, source)
        # Equal trainings take unequal times.
        save_table(folder / "history.tsv", self.history.drop(columns="seconds"))
        save_table(folder / "regularisation.tsv", self.strengths)
        save_json(folder / "training.json", summary)
