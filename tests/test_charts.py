"""The charts put values where they belong."""

import re

from evaluation.report.charts import Dot, dots, lines, scatter


def test_lines_put_values_where_they_belong():
    drawn = lines(["a", "b <"], {"x": [Dot(0.0), Dot(1.0, 0.5, 1.0)]}, "A <title>", apart=1)
    assert 'aria-label="A &lt;title&gt;"' in drawn
    assert "b &lt;</text>" in drawn
    assert [float(y) for y in re.findall(r'cy="([\d.]+)"', drawn)] == [220, 10]
    assert re.findall(r'class="label"[^>]*>([^<]*)', drawn) == ["0%", "20%", "40%", "60%", "80%", "100%"]
    assert re.findall(r'class="s0" d="M[\d.]+ ([\d.]+)V([\d.]+)"', drawn) == [("115.0", "10.0")]
    assert re.search(r'points="[\d.]+,[\d.]+"', drawn)  # one point: the line does not lead to what stands apart
    assert "<title>x: 100% (50% to 100%)</title>" in drawn


def test_lines_have_units_and_go_below_0():
    drawn = lines(["a", "b", "c"], {"x": [Dot(-0.02), None, Dot(0.03)]}, "rise", "{:+.1%}")
    assert re.findall(r'class="label"[^>]*>([^<]*)', drawn) == ["-2.0%", "-1.0%", "+0.0%", "+1.0%", "+2.0%", "+3.0%"]
    assert [float(y) for y in re.findall(r'cy="([\d.]+)"', drawn)] == [220, 10]
    assert "nan" not in lines(["a"], {"x": [Dot(0.0)]}, "nothing yet", "{}")


def test_dots_and_scatter_leave_out_what_has_no_value():
    drawn = dots({"Db": [Dot(0.5, 0.25, 0.75, "first"), None]}, "success")
    assert re.findall(r'<circle class="(s\d)" cx="([\d.]+)"', drawn) == [("s0", "396.0")]
    drawn = scatter([(100.0, Dot(1.0), 0), (50.0, Dot(0.0), 1)], "tokens", "cost")
    places = [tuple(map(float, place)) for place in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    assert places == [(622.0, 10.0), (359.0, 220.0)]
