"""Settings of training and sampling."""

from typing import Annotated, Literal

from pydantic import Field

from temperance.core.settings.section import Count, NotNegative, Number, Positive, Section, Share, Unique, Whole

Temperature = Annotated[Number, Field(gt=0, le=100)]


class TrainSettings(Section):
    """Training of a Potts model."""

    chains: Annotated[Whole, Field(ge=10)] = 4000
    """Persistent chains."""

    sweeps: Count = 10
    """Gibbs sweeps of each chain between two gradient steps."""

    learning_rate: Positive = 0.2
    """Largest share of the way to where independent sites would have to go that a first step takes; below 50 sites
    times 50 / L, at most 2.5."""

    max_move: Positive = 1.0
    """Largest standard deviation, in nats, by which a first step may change energies of data and chains; beyond 50
    sites times sqrt(L / 50)."""

    decay_steps: Count = 50
    """Both bounds have halved after so many steps at one penalty, steps that still bring chains to data not counted."""

    l2_fields: NotNegative = 0
    """L2 strength on fields (penalty l2 / 2 * sum h^2)."""

    l2_couplings: Literal["auto"] | NotNegative = "auto"
    """L2 strength on couplings (penalty l2 / 2 * sum J^2); auto takes, of the strengths in l2_path, the strongest than
    which no weaker one makes held-out sequences likelier."""

    l2_path: Annotated[list[Positive], Field(min_length=1), Unique] = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001]
    """Strengths from which training descends to the one that is wanted, the strongest first; auto chooses among
    them."""

    path_steps: Count = 60
    """Most gradient steps at each strength on the way."""

    pseudocount: Literal["auto"] | Share = "auto"
    """Share of the uniform distribution mixed into the data's frequencies; auto is 1 / Meff."""

    stop: Literal["converged", "pearson"] = "converged"
    """When training ends: converged, at the optimum of the penalised likelihood within sampling noise; pearson, as soon
    as independent chains show target_pearson. Stopping early acts as a further regularisation, and the temperatures
    of such a model mean something else."""

    target_pearson: Annotated[Number, Field(gt=0, lt=1)] = 0.95
    """With stop pearson, the Pearson correlation of connected two-site correlations to stop at; at most what as many
    sequences of the data reach."""

    confirm_chains: Annotated[Whole, Field(ge=10)] = 10000
    """Independent chains with which the trained model is compared with its data."""

    check_every: Count = 10
    """Steps between two rows of the history."""

    max_steps: Count = 600
    """Most gradient steps at the last strength."""

    max_minutes: Positive | None = None
    """Limit on wall-clock time, null for none. A run that it stops cannot be reproduced exactly."""


class SampleSettings(Section):
    """Replica-exchange sampling of a model."""

    temperatures: Annotated[list[Temperature], Field(min_length=2), Unique] = [0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.5]
    """Sampling temperatures; the trained model is at 1. Others are added where a decision needs them (spacing)."""

    spacing: Annotated[Number, Field(ge=0.01, le=0.5)] | None = 0.08
    """Neighbouring temperatures differ by at most this share, from the coldest to 1.1 times that at which samples have
    the mean energy of the training sequences; colder ones follow while samples are new and equilibrated. null, none
    is added."""

    sequences: Annotated[Whole, Field(ge=8)] = 1024
    """Sequences wanted at each temperature."""

    ladders: Annotated[Whole, Field(ge=4)] = 32
    """Independent replica-exchange ladders that they come from."""

    sweeps: Count = 4
    """Gibbs sweeps between two draws at first."""

    max_sweeps: Count = 256
    """The most sweeps between two draws; four times as many up to it while not equilibrated."""

    max_rhat: Annotated[Number, Field(gt=1)] = 1.05
    """Largest split R-hat of the energy of an equilibrated temperature."""

    min_ess: Annotated[Number, Field(ge=1)] = 200
    """Smallest effective sample size of an equilibrated temperature."""


class AnnealingSettings(Section):
    """Annealed importance sampling of ln Z."""

    chains: Annotated[Whole, Field(ge=10)] = 500
    """Chains of the annealed importance sampling that checks ln Z."""

    steps: Annotated[Whole, Field(ge=10)] = 1000
    """Temperatures that they pass, a Gibbs sweep each."""
