"""Check that a page can be used with a keyboard, a screen reader, a large font or a small screen.

Every function checks a Playwright page in its current state, and fails with a list of the problems
and the elements that have them. Typical use, for one state of a page:

    from accessibility import check_page

    def test_photo_page_is_accessible(page: Page) -> None:
        page.goto(...)                      # open it, and wait until it is drawn
        check_page(page)                    # all of the checks below

or call the checks one by one:

    check_rules(page)                       # axe-core, light and dark, in all frames
    check_width(page, 390)                  # no sideways scrolling on a phone
    check_zoom(page)                        # nor at 200 %
    check_keyboard(page)                    # Tab reaches every control and shows where it is

`check_rules(page, except_rules=("region",))` skips rules of axe-core, for findings inside a
library's widgets that the project cannot fix; give the reason beside the call. Findings that
axe-core rates below "serious" are ignored. The package axe-playwright-python of the dev group
contains axe-core, which runs in the page and loads nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Error, Frame, Page

SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
DESKTOP = 1280
PHONE = 390
_FAILING = ("serious", "critical")
_MOST_TABS = 300

_RUN = """async except => {
    const rules = Object.fromEntries(except.map(name => [name, { enabled: false }]));
    const options = { resultTypes: ["violations"], rules, iframes: false };
    const { violations } = await axe.run(document, options);
    return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(
        ({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`) }));
}"""
# An element that is cut off or scrolls by itself does not widen the page.
_TOO_WIDE = """() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const inside = element => {
        for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
            if (getComputedStyle(e).overflowX !== "visible") return true;
        return false;
    };
    const wide = [...document.body.querySelectorAll("*")].filter(
        e => e.getBoundingClientRect().right > room + 0.5 && !inside(e));
    return [`the page is ${document.documentElement.scrollWidth} px wide`, ...wide.map(
        e => `${e.outerHTML.slice(0, 90)} ends at ${Math.round(e.getBoundingClientRect().right)}`)];
}"""
_LOOK = """e => {
    const looks = [];
    for (let level = 0; e && level < 5; level++, e = e.parentElement) {
        const s = getComputedStyle(e);
        looks.push(s.outline, s.boxShadow, s.border, s.backgroundColor, s.textDecoration);
    }
    return looks.join();
}"""
_PREPARE = f"""() => {{
    document.activeElement?.blur();
    const look = {_LOOK};
    const controls = 'a[href], button, input, select, textarea, summary, iframe, [tabindex="0"]';
    const open = e => e.checkVisibility({{ visibilityProperty: true }}) && !e.disabled
        && e.tabIndex >= 0 && !e.closest("[inert]") && e.getClientRects().length > 0;
    const found = [...document.querySelectorAll(controls)].filter(open);
    window.controlsToReach = new Map(found.map(e => [e, look(e)]));
    window.controlsReached = new Map();
    window.endsPassed = 0;
}}"""
# Tab starts at the last focused element, and so passes the end of the page once.
_STEP = f"""() => {{
    const look = {_LOOK};
    const e = document.activeElement;
    if (!e || e === document.body) return ++window.endsPassed < 3;
    if (window.controlsReached.has(e)) return false;
    window.controlsReached.set(e, look(e) !== window.controlsToReach.get(e));
    return true;
}}"""
# Tab reaches one radio button of a group; the arrow keys reach the others.
_MISSED = """() => {
    const name = e => e.outerHTML.slice(0, 120);
    const reached = [...window.controlsReached.keys()];
    const grouped = e => e.type === "radio" && reached.some(
        other => other.type === "radio" && other.name === e.name);
    const missed = [...window.controlsToReach.keys()].filter(
        e => !window.controlsReached.has(e) && !grouped(e));
    const unseen = reached.filter(
        e => e.tagName !== "IFRAME" && !window.controlsReached.get(e));
    return [...missed.map(e => `Tab does not reach ${name(e)}`),
        ...unseen.map(e => `the focus is not visible on ${name(e)}`)];
}"""


def check_page(page: Page, *, except_rules: Collection[str] = ()) -> None:
    """Run all checks of this module on a page in its current state.

    Args:
        page: The page; its size and its colour scheme are changed.
        except_rules: Rules of axe-core that are left out, such as "color-contrast".
    """
    check_rules(page, except_rules=except_rules)
    check_width(page, PHONE)
    check_zoom(page)
    check_keyboard(page)


def check_rules(page: Page, *, except_rules: Collection[str] = ()) -> None:
    """Fail if axe-core finds serious or critical problems, in a light or a dark colour scheme.

    Args:
        page: The page; its colour scheme is changed.
        except_rules: Rules of axe-core that are left out.
    """
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{scheme}: {line}" for line in findings(page, except_rules=except_rules)]
    assert not found, "\n".join([page.url, *found])


def findings(page: Page, *, except_rules: Collection[str] = ()) -> list[str]:
    """Return the serious and critical findings of axe-core in a page and its frames."""
    found = []
    for frame in page.frames:
        for violation in _run(frame, list(except_rules)):
            if violation["impact"] in _FAILING:
                nodes = "\n    ".join(violation["nodes"])
                found.append(f"{violation['id']}: {violation['help']}\n    {nodes}")
    return found


def _run(frame: Frame, except_rules: list[str]) -> list[dict[str, Any]]:
    try:
        frame.evaluate(AXE_SCRIPT)
        found: list[dict[str, Any]] = frame.evaluate(_RUN, except_rules)
    except Error:
        # A frame that was removed in the meantime has no findings.
        if frame.is_detached():
            return []
        raise
    return found


def check_width(page: Page, width: int) -> None:
    """Fail if a page of this width, CSS px, scrolls sideways."""
    with _resized(page, width):
        found = page.evaluate(_TOO_WIDE)
    assert not found, "\n".join([f"{page.url} at {width} px:", *found])


def check_zoom(page: Page) -> None:
    """Fail if a page scrolls sideways at 200 %, which leaves it half the width of a desktop."""
    check_width(page, DESKTOP // 2)


@contextmanager
def _resized(page: Page, width: int) -> Iterator[None]:
    before = page.viewport_size or {"width": DESKTOP, "height": 800}
    page.set_viewport_size({"width": width, "height": before["height"]})
    try:
        yield
    finally:
        page.set_viewport_size(before)


def check_keyboard(page: Page) -> None:
    """Fail if Tab misses a visible control, or if a focused control looks like an unfocused one.

    Controls inside a frame are not checked; the frame counts as one control.
    """
    page.evaluate(_PREPARE)
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        if not page.evaluate(_STEP):
            break
    found = page.evaluate(_MISSED)
    assert not found, "\n".join([page.url, *found])
