"""The page in a browser: does it fit, can it be read in light and in dark, does it stay by itself?

Debian's chromium is driven by selenium with Debian's chromedriver, which is built from the same source as the browser,
so that nothing is looked up or downloaded. Playwright was weighed: 53 MB against 12, for it brings a Node.js of its
own, and it promises to work with the builds of chromium that it downloads, not with a distribution's.
"""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import reports
from trueval.report import html

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
WIDTHS = {"phone": 360, "tablet": 768, "desktop": 1280}

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="chromium and chromedriver are not installed (make installs Debian's)"
)

# WCAG 2: 4.5 for text, 3 for large text (24 px, or 18.66 px and bold).
CONTRASTS = """
const parse = (text) => {
  const found = text.match(/^(rgba?|color\\(srgb)\\(?\\s*([^)]*)\\)/);
  if (!found) throw new Error("colour " + text);
  const parts = found[2].split(/[\\s,\\/]+/).map(Number);
  const scale = found[1].startsWith("color") ? 255 : 1;
  return [parts[0] * scale, parts[1] * scale, parts[2] * scale, parts.length > 3 ? parts[3] : 1];
};
const over = (top, below) => top.slice(0, 3).map((x, i) => x * top[3] + below[i] * (1 - top[3]));
const background = (element) => {
  const layers = [];
  for (let node = element; node; node = node.parentElement) layers.push(parse(getComputedStyle(node).backgroundColor));
  return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
};
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((x) => x / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
  const style = getComputedStyle(element);
  const below = background(element);
  const colour = element instanceof SVGElement ? style.fill : style.color;
  const text = over(parse(colour), below);
  const [light, dark] = [luminance(text), luminance(below)].sort((a, b) => b - a);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  found.push([walker.currentNode.data.trim().slice(0, 40), (light + 0.05) / (dark + 0.05), large ? 3 : 4.5]);
}
return [luminance(background(document.body)), found];
"""

# What reaches beyond the window without lying in a part that scrolls by itself.
OVERFLOWING = """
const wide = [];
for (const element of document.body.querySelectorAll("*")) {
  if (element.getBoundingClientRect().right > innerWidth + 0.5 && !element.closest(".scroll"))
    wide.push(element.outerHTML.slice(0, 100));
}
return [document.documentElement.scrollWidth, innerWidth, wide];
"""

# Letters on letters within a drawing, and letters cut off at its edge.
CLASHES = """
const clashes = [];
for (const drawing of document.querySelectorAll("svg.drawing")) {
  const frame = drawing.getBoundingClientRect();
  const boxes = [...drawing.querySelectorAll("text")].map((x) => [x.textContent, x.getBoundingClientRect()]);
  boxes.forEach(([text, a], i) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
      clashes.push(["cut off", text]);
    for (const [other, b] of boxes.slice(i + 1))
      if (a.left + 1 < b.right && b.left + 1 < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom)
        clashes.push([text, other]);
  });
}
return clashes;
"""


@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    # No sandbox, since CI runs as root in a container, where /dev/shm is small too.
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"):
        options.add_argument(argument)
    options.add_argument("--force-device-scale-factor=1")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    random = np.random.default_rng(0)
    many = [f"class {k:02d} of a long taxonomy" for k in range(40)]
    long = "a_column_with_a_very_long_name_and_no_blank_in_it_which_has_to_be_broken_somewhere"
    problems = {
        "binary": reports.binary(),
        "logits": reports.binary(400, logits=True),
        "labels": reports.problem_of(*random.integers(0, 2, (3, 300)), names=(long + "_1", long + "_2")),
        "multiclass": reports.multiclass(),
        "many": reports.multiclass(3000, classes=40, names=many, matrix=False),
        "regression": reports.regression(),
        "rows": reports.regression(40_000, scale=50_000),
        "ranking": reports.ranking(),
        "evaluate": reports.problem_of(np.arange(300) % 2, random.random(300) / 2 + np.arange(300) % 2 / 2),
    }
    folder = tmp_path_factory.mktemp("pages")
    paths = {}
    for name, problem in problems.items():
        if name == "many":
            problem.names = sorted(many)
        report = reports.report_of(
            problem,
            file=f"{long}/{name}.parquet",
            slices=reports.slices_of() if name == "binary" else (),
            notes=["30 rows have a weight of zero; they do not take part"],
        )
        paths[name] = folder / f"{name}.html"
        paths[name].write_text(html.page(report, problem), encoding="utf-8")
    return paths


PAGES = ["binary", "logits", "labels", "multiclass", "many", "regression", "rows", "ranking", "evaluate"]


def show(browser, path, width, scheme="light"):
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(path.as_uri())


def shoot(browser, name):
    """The whole page as a picture in build/screenshots/."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png"})
    (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched_and_nothing_fails(browser, pages, name):
    browser.get_log("browser"), browser.get_log("performance")
    show(browser, pages[name], 1280)
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {x["params"]["request"]["url"] for x in events if x["method"] == "Network.requestWillBeSent"}
    assert asked - {"data:,"} == {pages[name].as_uri()}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_the_page_fits_its_window(browser, pages, name, width):
    show(browser, pages[name], WIDTHS[width])
    scroll, window, wide = browser.execute_script(OVERFLOWING)
    assert wide == []
    assert window == WIDTHS[width]
    assert scroll <= window
    # With all that can be opened open.
    browser.execute_script("document.querySelectorAll('details').forEach((x) => { x.open = true; })")
    scroll, _, wide = browser.execute_script(OVERFLOWING)
    assert wide == []
    assert scroll <= window


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_text_can_be_read(browser, pages, name, scheme):
    show(browser, pages[name], 1280, scheme)
    browser.execute_script("document.querySelectorAll('details').forEach((x) => { x.open = true; })")
    background, texts = browser.execute_script(CONTRASTS)
    assert background > 0.85 if scheme == "light" else background < 0.02
    assert len(texts) > 40
    assert [(text, round(ratio, 2)) for text, ratio, needed in texts if ratio < needed] == []


@pytest.mark.parametrize("width", ["phone", "desktop"])
@pytest.mark.parametrize("name", PAGES)
def test_words_do_not_lie_on_one_another(browser, pages, name, width):
    show(browser, pages[name], WIDTHS[width])
    assert browser.execute_script(CLASHES) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_reader_of_screens_hears_what_each_picture_shows(browser, pages, name):
    show(browser, pages[name], 1280)
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    role = [(x.get("role", {}).get("value"), x.get("name", {}).get("value", "")) for x in nodes if not x.get("ignored")]
    pictures = [name for kind, name in role if kind in ("image", "img")]
    assert len(pictures) == browser.execute_script("return document.querySelectorAll('svg.drawing').length")
    assert all(len(name) > 40 for name in pictures)
    assert len(set(pictures)) == len(pictures)
    tables = [name for kind, name in role if kind == "table"]
    assert tables
    assert all(tables)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desktop"])
@pytest.mark.parametrize("name", PAGES)
def test_it_can_be_looked_at(browser, pages, name, width, scheme):
    """Pictures for people; what is tested is that both schemes differ and that something is drawn at all."""
    show(browser, pages[name], WIDTHS[width], scheme)
    shoot(browser, f"{name}-{width}-{scheme}")
    assert (SCREENSHOTS / f"{name}-{width}-{scheme}.png").stat().st_size > 20_000
    stroke = "return getComputedStyle(document.querySelector('svg.drawing path[style*=\"--\"]') || document.body).%s"
    colours = browser.execute_script(stroke % "color")
    show(browser, pages[name], WIDTHS[width], "dark" if scheme == "light" else "light")
    assert browser.execute_script(stroke % "color") != colours


def test_it_prints_in_light(browser, pages):
    show(browser, pages["binary"], 1280, "dark")
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    )
    background, texts = browser.execute_script(CONTRASTS)
    assert background == pytest.approx(1)
    assert [(text, round(ratio, 2)) for text, ratio, needed in texts if ratio < needed] == []
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
