"""What a person reads and sees of the long run of a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unrolled.dynamics import LyapunovSpectrum
    from unrolled.evaluate import Trial

__all__ = ["climate_lines", "save_climate_figures"]

_SHOWN = 4


def climate_lines(trial: Trial) -> Iterator[str]:
    """Exponents, dimension, spectra and histograms; nothing where they were not asked for."""
    compared = trial.climate
    if compared is None:
        return
    if compared.learned is None:
        yield f"Long run: {compared.note}"
        return
    histogram, power = compared.histogram_distances.max(), compared.spectrum_distances.max()
    yield (
        f"Long run: the network's values would have to be moved by {histogram:.2g} standard deviations to have the "
        f"right histogram; power spectra differ by {power:.2g} of 1."
    )
    for name, one in (("network", compared.learned), ("system", compared.truth)):
        if one.spectrum is not None:
            yield f"Exponents of the {name}: {_exponents(one.spectrum)}."


def _exponents(spectrum: LyapunovSpectrum) -> str:
    pairs = list(zip(spectrum.exponents.tolist(), spectrum.errors.tolist(), strict=True))[:_SHOWN]
    shown = ", ".join(f"{value:.4g} ± {error:.1g}" for value, error in pairs)
    return f"{shown} for each unit of time; Kaplan-Yorke dimension {spectrum.dimension:.4g}"


def save_climate_figures(trial: Trial, folder: Path, kinds: tuple[str, ...]) -> None:
    """Histograms and power spectra, one figure a column of the series."""
    from unrolled.show import draw_climate, draw_power_spectrum, save

    compared = trial.climate
    if compared is None or compared.learned is None:
        return
    series, system = trial.series, "system" if compared.truth.spectrum is not None else "known values"
    for feature, name in enumerate(series.names):
        number = f"-{feature + 1}" if len(series.names) > 1 else ""
        values = {"network": compared.learned.values[:, feature], system: compared.truth.values[:, feature]}
        save(draw_climate(values, name=name, unit=series.units[feature]), folder / f"climate{number}", kinds)
        powers = compared.learned.power[feature], compared.truth.power[feature]
        unit = series.x_unit or series.x_name
        drawn = draw_power_spectrum(powers[0], truth=powers[1], unit=unit, names=("network", system))
        save(drawn, folder / f"power{number}", kinds)
