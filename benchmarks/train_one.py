"""Train on sequences and weights of an .npz, as the workflow does: `train_one.py DATA MODEL SETTINGS [ENGINE]`.

Settings are JSON.
"""

import json
import logging
import sys
from dataclasses import asdict

import numpy as np

from temperance.core.alphabet import alphabet
from temperance.engines.registry import choose_engine
from temperance.training import train

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
data, model, settings, *engine = sys.argv[1:]
arrays = np.load(data)
result = train(arrays["training"], arrays["weights"], 21, choose_engine(*engine or ["numba"]), **json.loads(settings))
result.model.save(model, alphabet("protein"), {})
history = result.history[["seconds", "pearson"]].to_dict("list")
print(json.dumps({"stopped": result.stopped, "steps": result.steps, "history": history} | asdict(result.confirmation)))
