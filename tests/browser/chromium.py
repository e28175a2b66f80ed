"""A real headless Chromium, driven by selenium. `HARNESS_BROWSER` names it, or it is looked for."""

import os
import shutil

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1400,900",
)


def find():
    """(browser, driver). A browser that was named and is absent is a failure; none is a skip."""
    named = os.environ.get("HARNESS_BROWSER")
    browser = shutil.which(named or "chromium") or shutil.which("chromium-browser")
    driver = shutil.which(os.environ.get("HARNESS_BROWSER_DRIVER", "chromedriver"))
    if browser and driver:
        return browser, driver
    if named:
        pytest.fail(f"HARNESS_BROWSER={named}: browser {browser}, driver {driver}")
    pytest.skip("no Chromium with its driver here (Debian: chromium, chromium-driver)")


def start(profile):
    webdriver = pytest.importorskip("selenium.webdriver")
    browser, driver = find()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


class Page:
    """A report, open from disk. What a person does, in the words of the tests."""

    def __init__(self, driver, file):
        self.driver, self.file = driver, file

    def open(self, fragment=""):
        self.driver.get("about:blank")
        self.driver.get(f"file://{self.file}#{fragment}")
        return self

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def text(self, selector):
        return self.one(selector).text

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def type(self, selector, text):
        self.one(selector).send_keys(text)

    def choose(self, name, value):
        self.one(f"#{name} option[value='{value}']").click()

    @property
    def fragment(self):
        return self.run("return decodeURIComponent(location.hash)")

    @property
    def focused(self):
        return self.run(
            "const e = document.activeElement;"
            "return e.id || e.dataset.cell || e.dataset.story || e.tagName"
        )

    def complaints(self):
        """Everything that the browser's console says."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def prefer(self, scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
