"""Small plots as inline SVG: coloured by the style sheet, told in words to those who do not see them."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup, escape

from syncd.monitoring.status.history import Series, Stretch

WIDE, HIGH = 4, 40
"""The room of one stretch, in the plot's own units; the style sheet says how large that is on the screen."""


def bars(stretches: Series, words: str, tip: Callable[[Stretch], str] | None = None) -> Markup:
    """The rows of each stretch as a bar, the largest as high as the plot.

    Args:
        stretches: What is drawn, oldest first.
        words: What it shows, for screen readers and as the tooltip of the whole.
        tip: What is said of a single bar under the pointer.
    """
    most = max((one.rows for one in stretches), default=0)
    drawn, tips = [], []
    for place, one in enumerate(stretches):
        if not one.rows:
            continue
        top = HIGH - max(1.0, HIGH * one.rows / most)
        drawn.append(f"M{place * WIDE + 0.5:g} {HIGH}V{top:.3g}h{WIDE - 1}V{HIGH}")
        if tip:  # the bar's whole column answers to the pointer
            where = f'x="{place * WIDE}" width="{WIDE}" height="{HIGH}"'
            tips.append(f"<rect {where}><title>{escape(tip(one))}</title></rect>")
    # One path for all: a page of 200 queries has 200 plots.
    return _plot("bars", len(stretches), words, f'<path d="{"".join(drawn)}"/>' + "".join(tips))


def line(stretches: Series, words: str) -> Markup:
    """The match rate of each stretch, the plot's height being 100%; where Metrica has not said, a gap."""
    path, drawing = [], False
    for place, one in enumerate(stretches):
        if one.rate is None:
            drawing = False
            continue
        x, y = place * WIDE + WIDE / 2, HIGH - HIGH * one.rate
        # Each line begins with a short dash, so that a stretch alone between gaps is seen.
        path.append(f"L{x:g} {y:.4g}" if drawing else f"M{x - 1:g} {y:.4g}h2")
        drawing = True
    half = _path("half", f"M0 {HIGH / 2:g}H{len(stretches) * WIDE}")
    return _plot("line", len(stretches), words, half + _path("rate", "".join(path)) if path else half)


def _path(kind: str, drawing: str) -> str:
    return f'<path class="{kind}" d="{drawing}" vector-effect="non-scaling-stroke"/>'


def _plot(kind: str, count: int, words: str, drawing: str) -> Markup:
    return Markup(  # noqa: S704 - the words are escaped, the rest is numbers
        f'<svg class="plot {kind}" viewBox="0 0 {count * WIDE} {HIGH}" preserveAspectRatio="none" role="img">'
        f"<title>{escape(words)}</title>{drawing}</svg>"
    )
