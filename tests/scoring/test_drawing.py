from itertools import pairwise
from xml.etree import ElementTree as ET

from app.scoring import drawing as draw

BINS = [
    {"pd": 0.1, "low": 0.05, "high": 0.2, "rate": 0.12, "rate_low": 0.04, "rate_high": 0.3},
    {"pd": 0.4, "low": 0.3, "high": 0.5, "rate": 0.4, "rate_low": 0.2, "rate_high": 0.6},
]


def figure(html: str) -> ET.Element:
    return ET.fromstring(html)  # noqa: S314 - our own page


def test_a_true_bin_lies_on_the_dashed_line() -> None:
    axes = draw.Axes(most=1.0)

    dots = figure(draw.reliability([BINS[1]], "x")).iter("circle")
    across, up = next((float(d.attrib["cx"]), float(d.attrib["cy"])) for d in dots)

    root = draw.Axes(most=0.63, root=True)
    assert (across, up) == (root.across(0.4), root.up(0.4))
    assert axes.across(0.5) - axes.across(0.0) == axes.across(1.0) - axes.across(0.5)


def test_pictures_are_well_formed_whatever_their_names_hold() -> None:
    odd = '<b>"枸杞" & co</b>'

    for html in (
        draw.reliability(BINS, odd),
        draw.curves({odd: [(0.0, 0.0), (1.0, 1.0)]}, odd, odd, odd),
        draw.bars([(odd, 1.0, odd)]),
        draw.ranges([(odd, {"value": 0.0, "low": -1.0, "high": 1.0})]),
        draw.table([odd], [[odd]]),
    ):
        assert "<b>" + '"枸杞"' not in html
        assert figure(html).tag in {"figure", "div"}


def test_ticks_are_round_and_apart() -> None:
    for most in (0.03, 0.2, 0.73, 1.0):
        for root in (True, False):
            axes = draw.Axes(most=most, root=root)
            places = [axes.across(tick) for tick in axes.ticks()]
            assert 3 <= len(places) <= 9
            assert min(b - a for a, b in pairwise(places)) > 40


def test_numbers_and_shares_are_written_for_people() -> None:
    assert [draw.number(v) for v in (None, 12_345, 0.12345)] == ["–", "12,345", "0.123"]
    assert [draw.share(v) for v in (None, 0.1234)] == ["–", "12.3%"]
