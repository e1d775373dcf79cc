"""Settings of training and sampling."""

from typing import Annotated, Literal

from pydantic import Field

from temperance.core.settings.section import Count, NotNegative, Number, Positive, Section, Share, Unique, Whole

Temperature = Annotated[Number, Field(ge=0.001, le=100)]


class TrainSettings(Section):
    """Training of a Potts model."""

    chains: Annotated[Whole, Field(ge=10)] = 4000
    """Persistent chains."""

    sweeps: Count = 10
    """Gibbs sweeps of each chain between two gradient steps."""

    learning_rate: Positive = 0.2
    """Step size - largest share of the preconditioned gradient that a first step takes; multiplied by 50 / L, but at
    most by 2.5, for L below 50 sites."""

    max_move: Positive = 1.0
    """Largest standard deviation, in nats, of the change of energies by a first step, over training sequences and
    chains; multiplied by sqrt(L / 50) for L above 50 sites."""

    decay_steps: Count = 50
    """Steps at one penalty after which learning_rate and max_move have halved; steps while chains still approach the
    data do not count."""

    fields: bool = True
    """Whether the model has fields; false, it has couplings alone, in the zero-sum gauge, as suits sequences that
    prefer no state of a single site, such as spins."""

    l2_fields: NotNegative = 0
    """Strength of the L2 penalty on fields (l2 / 2 * sum h^2)."""

    l2_couplings: Literal["auto"] | NotNegative = "auto"
    """Strength of the L2 penalty on couplings (l2 / 2 * sum J^2). auto chooses, among the strengths in l2_path, the
    strongest for which no weaker one makes held-out sequences more likely."""

    l2_path: Annotated[list[Positive], Field(min_length=1), Unique] = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001]
    """Strengths of the L2 penalty on couplings through which training passes, the strongest first, until it reaches
    l2_couplings; auto chooses among them."""

    path_steps: Count = 60
    """Largest number of gradient steps at each strength in l2_path before the last one."""

    pseudocount: Literal["auto"] | Share = "auto"
    """Share of the uniform distribution that is mixed into the frequencies of the data; auto is 1 / Meff, the effective
    number of training sequences."""

    stop: Literal["converged", "pearson"] = "converged"
    """Criterion by which training ends: converged, at the optimum of the penalised likelihood within sampling noise;
    pearson, as soon as independent chains reach target_pearson. Stopping early is an additional regularisation, so
    that temperatures of such a model are not comparable with those of converged ones."""

    target_pearson: Annotated[Number, Field(gt=0, lt=1)] = 0.95
    """Pearson correlation, between model and data, of the connected two-site correlations at which training ends with
    stop: pearson; at most the value that as many sequences of the data reach."""

    confirm_chains: Annotated[Whole, Field(ge=10)] = 10000
    """Independent chains by which the trained model is compared with its data."""

    check_every: Count = 10
    """Gradient steps between two rows of the training history."""

    max_steps: Count = 600
    """Largest number of gradient steps at the last strength."""

    max_minutes: Positive | None = None
    """Limit on the wall-clock time of training in minutes; null, none. A model whose training it ends cannot be
    reproduced exactly."""


class SampleSettings(Section):
    """Replica-exchange sampling of a model."""

    temperatures: Annotated[list[Temperature], Field(min_length=2), Unique] = [0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.5]
    """Sampling temperatures; that of the trained model is 1. Others are added where the recommendation needs them, see
    spacing."""

    spacing: Annotated[Number, Field(ge=0.01, le=0.5)] | None = 0.08
    """Largest relative difference of neighbouring temperatures, from the coldest to 1.1 times the temperature at which
    samples have the mean energy of the training sequences; temperatures are added accordingly, and colder ones as
    long as samples are novel and equilibrated. null, none is added."""

    sequences: Annotated[Whole, Field(ge=8)] = 1024
    """Number of sequences at each temperature."""

    ladders: Annotated[Whole, Field(ge=4)] = 32
    """Independent replica-exchange ladders from which the sequences come."""

    sweeps: Count = 16
    """Gibbs sweeps between two draws of a ladder, to begin with."""

    max_sweeps: Count = 256
    """Largest number of sweeps between two draws; up to it, sampling is repeated with four times as many as long as it
    is not equilibrated."""

    max_rhat: Annotated[Number, Field(gt=1)] = 1.05
    """Largest split R-hat of the energy at which a temperature counts as equilibrated; that of the sequences may be
    twice as far above 1."""

    min_ess: Annotated[Number, Field(ge=1)] = 200
    """Smallest effective sample size at which a temperature counts as equilibrated."""


class AnnealingSettings(Section):
    """Annealed importance sampling, by which the partition function ln Z is checked."""

    chains: Annotated[Whole, Field(ge=10)] = 500
    """Number of chains that are cooled."""

    steps: Annotated[Whole, Field(ge=10)] = 1000
    """Number of temperatures through which chains are cooled, with one Gibbs sweep at each."""
