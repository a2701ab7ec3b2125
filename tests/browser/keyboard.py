"""A keyboard alone in front of a page: what is wanted is walked to by Tab, and every stop on the
way is looked at.
"""

import re

import pytest

STOPS = 120  # no page of the shop has so many
PARTS = 6  # a date has a stop for each part, and a file two
# What is wrong with where the focus is: "" where it shows, and nothing lies over it.
FAULT = """() => {
    const one = document.activeElement;
    const name = () => `${one.tagName}#${one.id}.${one.className}`;
    if (one === document.body) return '';
    if (one.tabIndex > 0) return `${name()} jumps the queue`;
    // a link over a whole card shows it on the card, a star on its label
    const bears = [[one], [one, '::after'], ...[...(one.labels ?? [])].map(label => [label])];
    const shows = bears.map(where => getComputedStyle(...where)).some(
        ({outlineStyle, outlineWidth}) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
    );
    if (!shows) return `${name()} does not show that it has the focus`;
    const box = one.getBoundingClientRect();
    let over = null;
    const shown = [[.5, .5], [.05, .5], [.95, .5], [.5, .1], [.5, .9]].some(([x, y]) => {
        over = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
        const label = one.labels?.[0];
        return over && (one.contains(over) || over.contains(one) || label?.contains(over));
    });
    return shown ? '' : `${name()} is under ${over ? over.className || over.tagName : 'the edge'}`;
}"""


class Keyboard:
    """Tab, Enter, Space and letters on a page of Playwright's."""

    def __init__(self, page):
        self.page, self.faults = page, {}
        page.set_default_timeout(30_000)  # a walk is many small questions

    def to(self, wanted):
        """Walk on by Tab until ``wanted`` has the focus; a stop that holds it is a trap."""
        here, stays = None, 0
        for _stop in range(STOPS):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
            self._look()
            now = self.page.evaluate_handle("document.activeElement")
            stays = stays + 1 if here and now.evaluate("(one, other) => one === other", here) else 0
            assert stays < PARTS, f"{self.page.url}: Tab does not leave {now}"
            here = now
        pytest.fail(f"{self.page.url}: Tab does not lead to {wanted}")

    def press(self, wanted, key="Enter"):
        """Walk to something and press it; what follows has loaded afterwards."""
        self.to(wanted)
        self.page.keyboard.press(key)
        self.page.wait_for_load_state()

    def follow(self, wanted, where):
        """Walk to something, press it, and arrive at an address that holds ``where``."""
        self.to(wanted)
        with self.page.expect_navigation(url=re.compile(where)):
            self.page.keyboard.press("Enter")

    def write(self, wanted, words):
        """Walk to a field and write over what stands there."""
        self.to(wanted)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)

    def _look(self):
        for _frame in range(20):  # it is scrolled to in one of the next frames
            if not (fault := self.page.evaluate(FAULT)):
                return
            self.page.wait_for_timeout(30)
        self.faults.setdefault(fault, self.page.url)
