"""Pictures of figures as SVG, readable on light and dark ground, without a library."""

import math
import xml.etree.ElementTree as ET

WIDTH, LABELS, RIGHT = 860, 220, 110
ROW, TOP = 34, 56
COLOURS = ("#2b7bba", "#d1762a", "#3a9656", "#a5519b")
STYLE = """text{font:13px system-ui,sans-serif;fill:#222}.title{font-size:16px;font-weight:600}.small{font-size:11px;fill:#555}
.grid{stroke:#ccc}.whisker{stroke:#222;stroke-width:1.5;fill:none}.ground{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#eee}.small{fill:#bbb}.grid{stroke:#444}.whisker{stroke:#eee}.ground{fill:#161a1d}}"""


def short(value):
    """1,890,000 as 1.89 M: three digits are what a picture can show."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def _picture(title, height):
    svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}", role="img")
    ET.SubElement(svg, "title").text = title
    ET.SubElement(svg, "style").text = STYLE
    ET.SubElement(svg, "rect", {"class": "ground", "width": str(WIDTH), "height": str(height)})
    _text(svg, 16, 28, title, "title")
    return svg


def _text(svg, x, y, words, kind="", anchor="start"):
    ET.SubElement(svg, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "class": kind, "text-anchor": anchor}).text = words


def _line(svg, x1, y1, x2, y2, kind):
    ET.SubElement(svg, "line", {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}", "class": kind})


def _round_steps(most):
    """Four to eight round numbers from 0 to at least `most`."""
    most = most or 1
    step = 10 ** math.floor(math.log10(most))
    step *= next(part for part in (0.125, 0.25, 0.5, 1, 2) if most <= 8 * part * step)
    return [step * i for i in range(math.ceil(most / step) + 1)]


def bars(path, title, rows):
    """rows: (label, least, median, most, index of colour). A bar to the median, and a whisker from the least to the most."""
    height = TOP + ROW * len(rows) + 36
    svg = _picture(title, height)
    steps = _round_steps(max(most for _, _, _, most, _ in rows))
    def place(value):
        return LABELS + (WIDTH - LABELS - RIGHT) * value / steps[-1]
    for step in steps:
        _line(svg, place(step), TOP - 8, place(step), height - 30, "grid")
        _text(svg, place(step), height - 12, short(step), "small", "middle")
    for number, (label, least, median, most, colour) in enumerate(rows):
        y = TOP + ROW * number
        _text(svg, LABELS - 10, y + 17, label, anchor="end")
        ET.SubElement(svg, "rect", {"x": f"{LABELS}", "y": str(y), "width": f"{max(1, place(median) - LABELS):.1f}", "height": "24", "rx": "2",
                                    "fill": COLOURS[colour]})
        _line(svg, place(least), y + 12, place(most), y + 12, "whisker")
        for end in (least, most):
            _line(svg, place(end), y + 7, place(end), y + 17, "whisker")
        _text(svg, place(most) + 8, y + 17, short(median))
    ET.ElementTree(svg).write(path, encoding="utf-8")


def lines(path, title, x_name, series):
    """series: name -> [(x, y)], x on a logarithmic scale, y from 0."""
    height, bottom, right = 400, 60, 200
    svg = _picture(title, height)
    points = [point for of_name in series.values() for point in of_name]
    steps, decades = _round_steps(max(y for _, y in points)), [math.log10(x) for x, _ in points]
    low, high = min(decades), max(max(decades), min(decades) + 0.1)
    def x_of(value):
        return 70 + (WIDTH - 70 - right) * (math.log10(value) - low) / (high - low)
    def y_of(value):
        return height - bottom - (height - bottom - TOP) * value / steps[-1]
    for step in steps:
        _line(svg, 70, y_of(step), WIDTH - right, y_of(step), "grid")
        _text(svg, 62, y_of(step) + 4, short(step), "small", "end")
    for value in sorted({x for x, _ in points}):
        _line(svg, x_of(value), TOP, x_of(value), height - bottom, "grid")
        _text(svg, x_of(value), height - bottom + 18, short(value), "small", "middle")
    _text(svg, (70 + WIDTH - right) / 2, height - 14, x_name, "small", "middle")
    for number, (name, of_name) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        ET.SubElement(svg, "polyline", {"points": " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in of_name), "fill": "none", "stroke": colour,
                                        "stroke-width": "2"})
        for x, y in of_name:
            ET.SubElement(svg, "circle", {"cx": f"{x_of(x):.1f}", "cy": f"{y_of(y):.1f}", "r": "3.5", "fill": colour})
        ET.SubElement(svg, "rect", {"x": f"{WIDTH - right + 16}", "y": f"{TOP + 22 * number}", "width": "12", "height": "12", "fill": colour})
        _text(svg, WIDTH - right + 34, TOP + 22 * number + 11, name)
    ET.ElementTree(svg).write(path, encoding="utf-8")
