"""A real browser: the page answers, shows what it rests on, can be mended, speaks both languages, runs nothing foreign.

Debian's chromium and chromedriver (.ci/run installs them); no driver is downloaded.
"""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.serving import PageProcess, fake_page, real_page

PATIENCE = 60.0  # seconds; the first start builds the index on a busy machine
HOSTILE = (
    "<script>window.pwned=1</script> <img src=x onerror=window.pwned=1> ![x](http://evil.example/q) "
    "[link](javascript:window.pwned=1) **bold** [1]"
)


class Browser:
    """Chromium on one page."""

    def __init__(self, page: PageProcess, language: str = "ja") -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"):
            options.add_argument(flag)
        options.add_argument(f"--accept-lang={language}")
        options.add_argument("--window-size=1400,1000")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(shutil.which("chromedriver") or "/usr/bin/chromedriver")
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.get(page.url)
        self.see("#mk-question textarea")
        self.see(f".mk-brand[lang={language}]:not(.waiting)")  # the page has asked for its language

    def see(self, selector: str, text: str = "") -> WebElement:
        """Wait for a visible element that holds a text."""

        def found(driver: Any) -> WebElement | None:
            for element in driver.find_elements(By.CSS_SELECTOR, selector):
                if element.is_displayed() and text in element.text:
                    return element  # type: ignore[no-any-return]
            return None

        return self.until(found, f"{selector} with {text!r}")

    def until(self, condition: Callable[[Any], Any], what: str) -> Any:
        """Wait until a condition holds."""
        from selenium.common.exceptions import StaleElementReferenceException

        wait = WebDriverWait(
            self.driver, PATIENCE, poll_frequency=0.1, ignored_exceptions=[StaleElementReferenceException]
        )
        return wait.until(condition, what)

    def ask(self, question: str) -> None:
        """Type a question and press Enter."""
        box = self.see("#mk-question textarea")
        box.send_keys(question)
        box.send_keys(Keys.ENTER)

    def click(self, selector: str, text: str = "") -> None:
        """Click a visible element, found anew where the page has just drawn itself again."""

        def clicked(driver: Any) -> bool:
            element = self.see(selector, text)
            driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
            if element.is_enabled():
                driver.execute_script("arguments[0].click()", element)
                return True
            return False

        self.until(clicked, selector)

    def read(self, selector: str) -> str:
        """The text of a visible element, once it has one."""
        return str(self.until(lambda _: self.see(selector).text.strip(), selector))

    def script(self, code: str) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(code)

    def complaints(self) -> list[str]:
        """What the console says of blocked content and failed scripts."""
        words = ("Content Security Policy", "Failed to load", "Uncaught", "violates")
        return [
            str(one["message"]) for one in self.driver.get_log("browser") if any(w in one["message"] for w in words)
        ]

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()


@pytest.fixture
def opened() -> Iterator[Callable[..., Browser]]:
    closing: list[Any] = []

    def start(page: PageProcess, language: str = "ja") -> Browser:
        closing.append(Browser(page, language))
        return closing[-1]

    yield start
    for one in closing:
        one.close()


@pytest.fixture(scope="module")
def fake(tmp_path_factory) -> Iterator[PageProcess]:
    page = fake_page(tmp_path_factory.mktemp("fake"))
    yield page
    page.close()


@pytest.fixture
def started() -> Iterator[Callable[[PageProcess], PageProcess]]:
    pages: list[PageProcess] = []

    def keep(page: PageProcess) -> PageProcess:
        pages.append(page)
        return page

    yield keep
    for page in pages:
        page.close()


def test_a_question_in_the_real_page(started, opened, tmp_path):
    browser = opened(started(real_page(tmp_path)))
    browser.ask("RTX 4060 Laptop 8GBでコーディング用におすすめは？")
    browser.see(".mk-chip", "コーディング")
    browser.see(".mk-chip", "GPU")
    browser.see(".mk-tool.done", "モデルを選ぶ")
    browser.see(".mk-foot")
    assert "Q" in browser.read(".mk-answer")  # a quantisation such as Q4_K_M
    assert browser.read(".mk-chart").count("GiB") >= 2
    browser.click(".mk-tool.done > summary")
    browser.see(".mk-tool .mk-pairs", "RTX 4060 Laptop")
    browser.see(".mk-tool table")
    browser.click(".mk-source > summary")
    assert browser.read(".mk-passage")
    browser.click("#mk-machine-change button")
    gpu = browser.see("#mk-gpu input")
    gpu.click()
    gpu.send_keys("RTX 4070 Ti Super" + Keys.ENTER)
    browser.see("#mk-ram input, #mk-ram textarea").send_keys("64")
    browser.click("#mk-machine-apply")
    browser.see(".mk-badge.stated", "手動で指定")
    browser.see("#mk-machine", "RTX 4070 Ti Super")
    browser.click("#mk-machine-reset")
    browser.see(".mk-badge.detected", "自動検出")
    browser.click("#mk-language label", "English")
    browser.see(".mk-caption", "What I understood")
    browser.see("#mk-machine", "Your machine")
    assert browser.complaints() == []


def test_no_other_language_is_shown_first(opened, fake):
    browser = opened(fake, "en")
    every_frame = """
        window.shownLanguages = [];
        const look = () => {
            const brand = document.querySelector('.mk-brand');
            if (brand && getComputedStyle(brand).visibility === 'visible') window.shownLanguages.push(brand.lang);
            requestAnimationFrame(look);
        };
        look();
    """
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": every_frame})
    browser.driver.refresh()
    # The driver may still answer from the page before the refresh: only the new one keeps a list.
    browser.until(lambda driver: driver.execute_script("return window.shownLanguages?.length"), "a visible title line")
    browser.see(".mk-starters .mk-ask")
    assert set(browser.script("return window.shownLanguages")) == {"en"}


def test_a_wrong_reading_is_mended_in_place(opened, fake):
    browser = opened(fake)
    browser.ask("コーディング用は？")
    browser.see(".mk-foot")
    chip = browser.see(".mk-chip select[name=task]")
    chip.send_keys("翻訳")
    browser.click(".mk-apply")
    browser.see(".mk-change", "用途: 翻訳")
    browser.see(".mk-foot")
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, ".mk-question")) == 1
    offered = (
        "return [...document.querySelector('.mk-chip input[name=\"hardware.gpu\"]').list.options].map(o => o.value)"
    )
    assert browser.script(offered) == ["RTX 3060", "RTX 4060 Laptop", "M3 Max"]
    assert browser.script("return document.querySelector('.mk-chip select[name=task]').value") == "translation"
    assert browser.complaints() == []


def test_a_reload_finds_the_conversation_again_and_goes_on(opened, fake):
    browser = opened(fake)
    browser.ask("コーディング用は？")
    browser.see(".mk-foot")
    browser.driver.refresh()
    browser.see(".mk-question", "コーディング用は？")
    browser.see(".mk-foot")
    browser.ask("And Gemma?")
    browser.see(".mk-question", "And Gemma?")
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, ".mk-question")) == 2
    browser.driver.switch_to.new_window("tab")  # another tab is another conversation
    browser.driver.get(fake.url)
    browser.see(".mk-welcome")
    assert browser.complaints() == []


def test_an_answer_can_be_stopped_and_a_new_chat_begun(started, opened, tmp_path):
    browser = opened(started(fake_page(tmp_path, pause=2.0)), "en")
    browser.click(".mk-starters .mk-ask")
    browser.see(".mk-tool.pending")
    browser.click("#mk-stop")
    browser.see(".mk-stopped", "Stopped here.")
    browser.see("#mk-send")
    browser.click("#mk-new")
    browser.see(".mk-welcome")
    assert browser.script("return document.querySelectorAll('.mk-question, .mk-stopped').length") == 0


def test_a_next_question_a_citation_and_the_documents(opened, fake, tmp_path):
    browser = opened(fake, "en")
    browser.ask("Best coding model?")
    browser.see(".mk-foot")
    browser.click("a.mk-cite")
    browser.see(".mk-passage", "KVキャッシュ")
    browser.click(".mk-next .mk-ask")
    browser.see(".mk-question", "And with 32K of context?")
    browser.click("#mk-tabs [role=tab]", "Documents")
    browser.see(".mk-state", "needs OCR")
    upload = browser.driver.find_element(By.CSS_SELECTOR, "#mk-docs-actions input[type=file]")
    document = tmp_path / "notes <b>.md"
    document.write_text("# Notes\n\nOur own.", encoding="utf-8")
    upload.send_keys(str(document))
    browser.see(".mk-file", "notes")
    browser.see("#mk-search textarea, #mk-search input").send_keys("KV" + Keys.ENTER)
    browser.see("#mk-hits .mk-source", "quantization.md")
    assert browser.complaints() == []


def test_hostile_output_runs_nothing_and_fetches_nothing(started, opened, tmp_path):
    browser = opened(started(fake_page(tmp_path, text=HOSTILE)), "en")
    browser.ask("<img src=x onerror=window.pwned=1><script>window.pwned=1</script>")
    browser.see(".mk-foot")
    assert "<script>" in browser.read(".mk-answer")
    assert "<img" in browser.read(".mk-question")
    assert browser.script("return window.pwned === undefined")
    assert (
        browser.script("return document.querySelectorAll('#mk-chat img, #mk-chat script, #mk-chat iframe').length") == 0
    )
    foreign = "return performance.getEntriesByType('resource').filter(e => !e.name.startsWith(location.origin)).length"
    assert browser.script(foreign) == 0
    assert browser.complaints() == []


def test_injected_markup_would_not_run_even_if_it_got_in(opened, fake):
    browser = opened(fake, "en")
    browser.script("document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.pwned=1\">')")
    browser.until(lambda _: any("Content Security Policy" in one for one in browser.complaints()), "a blocked handler")
    assert browser.script("return window.pwned === undefined")


def test_a_phone_shows_everything_within_its_width(opened, fake):
    browser = opened(fake)
    size = {"width": 400, "height": 860, "deviceScaleFactor": 1, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.ask("コーディング用は？")
    browser.see(".mk-foot")
    assert browser.script("return document.documentElement.scrollWidth") <= 400
    widest = (
        "return Math.max(...[...document.querySelectorAll('#mk-chat *, #mk-ask, #mk-machine')]"
        ".filter(e => !e.closest('.mk-scroll, table, pre')).map(e => e.getBoundingClientRect().right))"
    )
    assert browser.script(widest) <= 400
