"""Families of physical series whose continuation is known: to calibrate forecasts, and to judge them."""

from unrolled.truth._families import families as families
from unrolled.truth._families import family as family
from unrolled.truth._families import truths as truths
from unrolled.truth._family import Family as Family
from unrolled.truth._family import Truth as Truth
from unrolled.truth._noise import with_noise as with_noise
from unrolled.truth._pairing_perturbation import pairing_perturbation as pairing_perturbation
