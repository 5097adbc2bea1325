"""How mixtures follow each other: guarded acceleration of EM, from outside the loop."""

from mixtura.acceleration.chain_mean import ChainMean
from mixtura.acceleration.coordinates import MixtureCoordinates
from mixtura.acceleration.switch import Switch
from mixtura.acceleration.update_rule import PLAIN, Advance, Next, Plain, UpdateRule

__all__ = [
    "PLAIN",
    "Advance",
    "ChainMean",
    "MixtureCoordinates",
    "Next",
    "Plain",
    "Switch",
    "UpdateRule",
]
