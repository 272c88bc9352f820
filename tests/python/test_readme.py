"""The README's examples run, and print what it says they print."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```(?:\s*^```text\n(.*?)^```)?", README.read_text("utf-8"), re.M | re.S)
NUMBER = re.compile(r"\d+\.\d+")


@pytest.mark.parametrize(("code", "expected"), BLOCKS, ids=[code.splitlines()[0] for code, _ in BLOCKS])
def test_example(code, expected):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(README), "exec"), {"__name__": "__main__"})
    found = printed.getvalue()
    assert NUMBER.sub("#", found) == NUMBER.sub("#", expected)
    # The last digit of a logarithm is the platform's.
    values, shown = ([float(x) for x in NUMBER.findall(text)] for text in (found, expected))
    assert values == pytest.approx(shown, rel=1e-14)


def test_there_are_examples():
    assert BLOCKS
