"""How a page looks and behaves in every way that people have it, held by one line of a test."""

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
SHOWN = Path(__file__).parent / "shown"
OUTPUT = ROOT / ".sandbox" / "looks"
LARGEST_PICTURE, HIGHEST_PICTURE = 60_000, 2_400
QUALITIES = (90, 80, 70, 60, 50, 40, 30, 20)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
DOUBLED = 32
"""Pixels of a text that is usually 16 high."""

Open = Callable[[Page], None]
Failures = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of looking at a page."""

    name: str
    width: int = 1280
    height: int = 800
    scheme: str = "light"
    rules: Sequence[str] = RULES
    has_script: bool = True
    is_doubled: bool = False
    is_forced: bool = False
    scale: float = 1


DESK = Way(name="desk-light", width=1120)
PHONE = Way(name="phone-dark", width=390, height=844, scheme="dark")
WAYS = (
    DESK,
    PHONE,
    Way(name="desk-dark", scheme="dark"),
    Way(name="narrow", width=320, height=640),
    Way(name="large-text", is_doubled=True),
    Way(name="scriptless", has_script=False, rules=()),
    Way(name="forced", is_forced=True, rules=()),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Holds a page to what every page promises; `cookies` are those of who is signed in."""

    browser: Browser
    cookies: Sequence[dict[str, Any]] = field(default_factory=tuple)

    def hold(self, name: str, opened: str | Open, *, is_pictured: bool = False) -> None:
        """Open the page in every way: an address, or what goes there and brings it into its state.

        Axe is content in light and dark, on a narrow screen and with large text; nothing is cut off
        or moves, nothing offends the policy; and it works without a script. `is_pictured`: its
        pictures lie in docs/images, and its text is the one that is stored.
        """
        failures: Failures = []
        for way in WAYS:
            with self.page(way, failures) as page:
                _go(page, opened)
                failures += [f"{way.name}: {each}" for each in _offences(page, way)]
                _keep(page, f"{name}-{way.name}.png")
                if is_pictured and way in {DESK, PHONE}:
                    failures += _pictured(page, name, way)
        assert not failures, "\n".join([f"{name}:", *failures])

    @contextmanager
    def page(self, way: Way = DESK, failures: Failures | None = None) -> Iterator[Page]:
        """A page of a browser of one's own; what its console complains of is a failure."""
        context = self.browser.new_context(
            viewport={"width": way.width, "height": way.height},
            device_scale_factor=way.scale,
            color_scheme="dark" if way.scheme == "dark" else "light",
            forced_colors="active" if way.is_forced else "none",
            reduced_motion="reduce",
            java_script_enabled=way.has_script,
            timezone_id="Europe/Berlin",
            locale="en-GB",
        )
        complaints: Failures = []
        try:
            if self.cookies:
                context.add_cookies(list(self.cookies))  # type: ignore[arg-type]  # plain dicts
            page = context.new_page()
            page.on("console", lambda message: complaints.extend(_complaint(message)))
            page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
            if way.is_doubled:
                sizes = {"standard": DOUBLED, "fixed": DOUBLED}
                context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
            yield page
        finally:
            context.close()
        told = [f"{way.name}: {each}" for each in complaints]
        if failures is not None:
            failures += told
        else:
            assert not told, "\n".join(told)


def settled(page: Page) -> None:
    """Wait until every part that comes later is there."""
    expect(page.locator("[data-load]:not([data-loaded])")).to_have_count(0, timeout=15_000)


def axe(page: Page, rules: Sequence[str] = RULES) -> Failures:
    """What axe finds, a line each."""
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": list(rules)}}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"axe: {one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]


def _go(page: Page, opened: str | Open) -> None:
    if isinstance(opened, str):
        page.goto(opened)
    else:
        opened(page)


def _offences(page: Page, way: Way) -> Failures:
    found: Failures = []
    if way.has_script:
        settled(page)
        found += [f"moved: {each}" for each in page.evaluate(_SHIFTS)]
    found += [f"too wide: {each}" for each in page.evaluate(_TOO_WIDE)]
    if way.rules:
        found += axe(page, way.rules)
    return found


_SHIFTS = """() => new Promise(resolve => {
  const name = node => node ? (node.outerHTML || node.textContent || '').slice(0, 120) : '';
  new PerformanceObserver(list => resolve(list.getEntries().map(
    one => `${one.value.toFixed(4)} ${(one.sources || []).map(s => name(s.node)).join(' ')}`
  ))).observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => setTimeout(() => resolve([]), 50));
})"""

_TOO_WIDE = """() => {
  const wide = document.documentElement;
  if (wide.scrollWidth <= wide.clientWidth) return [];
  return [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > wide.clientWidth + 1)
    .slice(0, 3).map(one => one.outerHTML.slice(0, 120));
}"""


def _complaint(message: ConsoleMessage) -> Failures:
    """A page that is an error by its status is told of as well, and means no harm."""
    is_page = message.page is not None and message.location.get("url") == message.page.url
    if message.type not in {"error", "warning"} or (is_page and _STATUS in message.text):
        return []
    return [f"console: {message.text}"]


_STATUS = "the server responded with a status of"


def _keep(page: Page, name: str) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=OUTPUT / name, full_page=True, animations="disabled")


# ---- Pictures -----------------------------------------------------------------------------------


def is_drawing() -> bool:
    """Whether pictures and texts are to be written anew: `make pictures`."""
    return bool(os.environ.get("PICTURES"))


def _pictured(page: Page, name: str, way: Way) -> Failures:
    picture = IMAGES / f"{name}-{way.name}.webp"
    stored = SHOWN / f"{name}.txt"
    shown = text_of(page) if way is DESK else ""
    if is_drawing():
        IMAGES.mkdir(parents=True, exist_ok=True)
        SHOWN.mkdir(exist_ok=True)
        picture.write_bytes(draw(page))
        if way is DESK:
            stored.write_text(shown, encoding="utf-8")
    if not picture.exists() or not stored.exists():
        return [f"{way.name}: has no picture yet: run make pictures, look at it, and commit it"]
    if way is DESK and stored.read_text("utf-8") != shown:
        told = f"shows another text than {stored.relative_to(ROOT)}: if that is meant, "
        return [f"{told}run make pictures. It shows:\n{shown}"]
    return []


def text_of(page: Page) -> str:
    """What a person reads between header and footer, line by line."""
    lines = (line.strip() for line in page.inner_text("main").splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def draw(page: Page) -> bytes:
    """A picture of the page, or of its upper part, that keeps to the size of pictures."""
    size = page.evaluate(
        "highest => ({width: document.documentElement.clientWidth,"
        " height: Math.min(document.documentElement.scrollHeight, highest)})",
        HIGHEST_PICTURE,
    )
    session = page.context.new_cdp_session(page)
    for quality in QUALITIES:
        answer = session.send(
            "Page.captureScreenshot",
            {
                "format": "webp",
                "quality": quality,
                "captureBeyondViewport": True,
                "clip": {"x": 0, "y": 0, **size, "scale": 1},
            },
        )
        if len(picture := base64.b64decode(answer["data"])) <= LARGEST_PICTURE:
            return picture
    raise AssertionError(f"The page is too long for a picture of {LARGEST_PICTURE} bytes.")
