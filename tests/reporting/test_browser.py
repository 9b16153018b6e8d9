"""Every report in headless Chromium: quiet, alone, accessible, and alive to mouse and keyboard.

Chromium and its driver come from the system, axe-core from `make browser`.
"""

import csv
import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from ganmatrix.stages import report
from ganmatrix.store.layout import RUN
from helpers.fake_matrix import TEMPLATES

NAMES = sorted(path.stem for path in TEMPLATES.glob("*.ipynb"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
AXE = Path(__file__).parent / "browser" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = (1280, 900), (390, 844)

needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: `make browser` fetches it by npm")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs Chromium and chromedriver (Debian: chromium, chromium-driver)"
)


@pytest.fixture(scope="module")
def pages(planted, tmp_path_factory, without_kernels):
    folder, plan = tmp_path_factory.mktemp("reports"), planted.plan
    for name in NAMES:
        report.into(folder, name, plan)
    return {name: folder / f"{name}.html" for name in NAMES}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.add_argument("--headless=new")
    options.add_argument("--disable-dev-shm-usage")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield started
    started.quit()


class Page:
    """A report in the browser."""

    def __init__(self, browser, path, size=DESKTOP, scheme="light"):
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        preferred = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", preferred)
        for log in ("browser", "performance"):
            browser.get_log(log)
        browser.get(path.as_uri())
        self.browser = browser

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def texts(self, selector):
        return [element.text for element in self.all(selector) if element.is_displayed()]

    def unfold(self):
        self.run("document.querySelectorAll('details').forEach((block) => (block.open = true))")

    def press(self, *keys):
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()


@pytest.fixture
def matrix(browser, pages):
    return Page(browser, pages["results_matrix"])


def _violations(page, rules=None):
    """What axe-core finds serious or critical, by all its rules or these alone."""
    page.run(AXE.read_text())
    options = {"runOnly": rules} if rules else {}
    script = "axe.run(arguments[0]).then(arguments[arguments.length - 1])"
    return [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]])
        for violation in page.browser.execute_async_script(script, options)["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_quiet_and_asks_for_nothing(browser, pages, name):
    page = Page(browser, pages[name])
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert {url for url in sent if not url.startswith("data:")} == {pages[name].as_uri()}
    assert len(page.all("h1")) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_report_fits_a_phone(browser, pages, name):
    page = Page(browser, pages[name], PHONE)
    page.unfold()
    assert page.run("return document.documentElement.scrollWidth") <= PHONE[0]


@needs_axe
@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_accessible(browser, pages, name):
    page = Page(browser, pages[name])
    page.unfold()
    assert _violations(page) == []


@needs_axe
@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_legible_in_the_dark(browser, pages, name):
    page = Page(browser, pages[name], scheme="dark")
    page.unfold()
    assert _violations(page, ["color-contrast"]) == []


@needs_axe
def test_a_panel_is_accessible(matrix):
    matrix.one(".matrix td a").click()
    assert _violations(matrix) == []


def _rows(page, dataset):
    return page.texts(f'.matrix tr[data-dataset="{dataset}"] th')


def test_a_header_sorts_the_best_first_then_last_then_as_it_was(matrix):
    heading = matrix.one('#matrix-digits th[data-key="fid_efficientnet_lite0_ema"]')
    orders = []
    for _ in range(3):
        heading.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
        orders.append((heading.get_attribute("aria-sort"), _rows(matrix, "digits")))
    assert orders == [
        ("ascending", ["as_gan", "gan"]),
        ("descending", ["gan", "as_gan"]),
        (None, ["gan", "as_gan"]),
    ]


def test_rows_are_filtered_by_name_and_by_text(matrix):
    said = matrix.one("#controls output")
    assert said.aria_role == "status"
    assert said.text == "4 of 4 rows shown"
    matrix.one('input[name="method"][value="gan"]').click()
    assert said.text == "2 of 4 rows shown"
    assert _rows(matrix, "digits") == _rows(matrix, "ring8") == ["as_gan"]
    matrix.one('input[name="dataset"][value="ring8"]').click()
    assert not matrix.one("#matrix-ring8").is_displayed()
    matrix.one("#controls button[type=reset]").click()
    matrix.one('input[name="sought"]').send_keys("Diverged")
    assert said.text == "1 of 4 rows shown"
    assert _rows(matrix, "ring8") == ["gan"]


def test_columns_are_chosen_one_by_one_or_by_section(matrix):
    name = "inception_score_efficientnet_lite0_ema"
    heading = matrix.one(f'#matrix-digits th[data-key="{name}"]')
    assert not heading.is_displayed()
    matrix.one(".columns summary").click()
    section = matrix.one(".columns details")
    section.find_element(By.TAG_NAME, "summary").click()
    section.find_element(By.CSS_SELECTOR, f'input[value="{name}"]').click()
    assert heading.is_displayed()
    assert all(cell.is_displayed() for cell in matrix.all(f'#matrix-digits td[data-key="{name}"]'))
    section.find_element(By.CSS_SELECTOR, 'input[name="all"]').click()
    assert matrix.one('#matrix-ring8 th[data-key="reverse_kl_init"]').is_displayed()


def test_a_number_opens_its_seeds_and_runs_by_keyboard_and_gives_the_focus_back(matrix, planted):
    name = "fid_efficientnet_lite0_ema"
    link = matrix.one(f'#matrix-digits tr[data-method="as_gan"] td[data-key="{name}"] a')
    link.send_keys(Keys.ENTER)
    panel = matrix.one("dialog")
    assert panel.is_displayed()
    assert matrix.run("return arguments[0].contains(document.activeElement)", panel)
    assert matrix.one("dialog h2").text == "FID (EfficientNet-Lite0 features)"
    table = planted.table("matrix")
    values = table[(table["dataset"] == "digits") & (table["method"] == "as_gan")][name]
    assert matrix.texts("dialog tbody td:nth-child(2)") == [f"{value:.5g}" for value in values]
    assert "1437" in matrix.texts("dialog dd")
    runs = matrix.all("dialog > details[data-run]")
    assert [run.get_attribute("data-run") for run in runs] == [
        f"digits-conventional-as_gan-{seed}" for seed in range(6)
    ]
    assert len(runs[0].find_elements(By.CSS_SELECTOR, "img")) == 2
    assert len(runs[0].find_elements(By.CSS_SELECTOR, "svg")) == 2
    record = json.loads(planted.file(RUN, "digits-conventional-as_gan-0").read_text())
    assert record["reproducible"]["weights_sha256"] in runs[0].text
    matrix.press(Keys.ESCAPE)
    assert not panel.is_displayed()
    assert matrix.browser.switch_to.active_element == link


def test_a_diverged_seed_says_so_behind_its_number(matrix):
    link = matrix.one('#matrix-ring8 tr[data-method="gan"] td[data-key="modes_ema"] a')
    link.click()
    assert "diverged at step 240: non-finite loss" in matrix.texts("dialog tbody td:nth-child(2)")
    matrix.one("dialog .close").click()
    assert not matrix.one("dialog").is_displayed()


def _saved(page, press, folder):
    """The file that a click saves."""
    page.browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    press.click()
    deadline = time.monotonic() + 10
    # It is there before its content is.
    while not (done := [path for path in folder.glob("*.csv") if path.stat().st_size]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return done[0]


def test_a_table_is_saved_as_it_is_shown(matrix, planted, tmp_path):
    matrix.one('input[name="method"][value="as_gan"]').click()
    path = _saved(matrix, matrix.one("#matrix-digits caption .csv"), tmp_path)
    assert path.name.startswith("digits")
    assert path.read_bytes().count(b"\r\n") == 2
    with path.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["Method"], row["Architecture"], row["runs completed"]) == ("gan", "conventional", "6")
    assert "inception_score_efficientnet_lite0_ema mean" not in row
    name = "fid_efficientnet_lite0_ema"
    summary = planted.summary
    group = next(
        group
        for group in summary["groups"]
        if (group["dataset"], group["method"], group["column"]) == ("digits", "gan", name)
    )
    for field in ("mean", "low", "high", "n", "missing"):
        assert float(row[f"{name} {field}"]) == group[field]


def test_text_with_commas_and_quotes_survives_the_csv(matrix, tmp_path):
    matrix.unfold()
    glossary = matrix.one("table[aria-label='What each measure means']")
    cell = glossary.find_element(By.CSS_SELECTOR, "tbody td")
    matrix.run("arguments[0].textContent = 'say \"a, b\"'", cell)
    path = _saved(matrix, glossary.find_element(By.CSS_SELECTOR, ".csv"), tmp_path)
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1][1] == 'say "a, b"'


def _without_script(path, folder):
    """A copy of the page whose script is gone."""
    copy = folder / "page.html"
    copy.write_text(re.sub(r'<script type="module">.*?</script>', "", path.read_text(), flags=re.DOTALL))
    return copy


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_whole_without_its_script(browser, pages, name, tmp_path):
    page = Page(browser, _without_script(pages[name], tmp_path))
    page.unfold()
    shown = page.all("main table, main figure")
    assert shown
    assert all(each.is_displayed() for each in shown)
    assert not any(form.is_displayed() for form in page.all("form"))


def test_a_number_leads_to_its_runs_without_the_script(browser, pages, tmp_path):
    page = Page(browser, _without_script(pages["results_matrix"], tmp_path))
    page.one('#matrix-digits tr[data-method="as_gan"] td[data-key="kid_efficientnet_lite0_ema"] a').click()
    assert page.one("#digits-conventional-as_gan").is_displayed()
    assert page.one("#digits-conventional-as_gan-2").is_displayed()
