"""The shade of a cell of a triangle."""

import math

from mixpanel_data.reports.charts.shapes import Cell, Triangle


def top_share(chart: Triangle) -> float:
    """Where the darkest shade ends: the greatest share, up to a multiple of a twentieth."""
    shares = [cell.share for row in chart.rows for cell in row.cells if cell.share is not None]
    return min(1.0, max(1, math.ceil(round(20 * max(shares, default=1), 9))) / 20)


def level(cell: Cell, top: float) -> int:
    """The shade of a cell: 0 for none, then one for each quarter up to `top`."""
    return min(4, math.ceil(round(4 * (cell.share or 0) / top, 9)))
