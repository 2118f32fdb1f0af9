# SPDX-License-Identifier: BSD-3-Clause
"""Where the plots of benches go."""
import pathlib


def save(figure, stem: pathlib.Path) -> None:
    """Writes a matplotlib figure as stem.svg and stem.png."""
    for suffix in (".svg", ".png"):
        figure.savefig(stem.with_name(stem.name + suffix), bbox_inches="tight")
