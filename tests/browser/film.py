"""Stills and a moving picture of pages, as WebP: what a README can show."""

import io
from pathlib import Path

from PIL import Image

STILL_QUALITY, FILM_QUALITY = 78, 60

STEP = 70  # milliseconds of a frame that moves

# A ring where a thumb touches: on film nobody sees the tap otherwise.
TOUCH = """([x, y]) => {
    const ring = document.createElement('div');
    Object.assign(ring.style, {
        position: 'fixed', left: `${x - 24}px`, top: `${y - 24}px`, width: '48px', height: '48px',
        borderRadius: '50%', border: '4px solid #fff', outline: '3px solid #1f2937',
        background: 'rgb(31 41 55 / 45%)', zIndex: 9999, pointerEvents: 'none',
    });
    document.body.append(ring);
}"""
SHOW_ANIMATIONS_AT = """milliseconds => document.getAnimations()
    .filter(one => one.timeline instanceof DocumentTimeline)  // others follow the scrolling
    .forEach(one => {
        one.pause();
        one.currentTime = milliseconds;
    })
"""


def write_still(page, file: Path):
    """Keep what ``page`` shows now, its animations at their end."""
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    picture.convert("RGB").save(file, quality=STILL_QUALITY, method=6)


class Film:
    """Pictures of one page, each with the milliseconds it is shown.

    The page's clock (``page.clock.install()``) and its animations are set frame by frame, so that
    a busy machine films the same as an idle one.
    """

    def __init__(self, page):
        self.page, self.frames, self.shown = page, [], []

    def hold(self, milliseconds: int):
        """Show the page as it stands for so long."""
        self.page.wait_for_load_state("networkidle")
        self._take(milliseconds)

    def touch(self, target):
        """Show where the thumb lands on a button or link, and press it."""
        box = target.bounding_box()
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        self.page.evaluate(TOUCH, middle)
        self._take(450)
        target.click()

    def touch_and_roll(self, target, awaited, milliseconds: int):
        """Press a button, and show how what is ``awaited`` moves once it is there."""
        self.page.clock.pause_at(self.page.evaluate("Date.now()") + 1000)
        self.touch(target)
        while not awaited.count():
            self.page.clock.run_for(20)
        for shown in range(0, milliseconds, STEP):
            self.page.evaluate(SHOW_ANIMATIONS_AT, shown)
            self.page.clock.run_for(STEP)
            self._take(STEP)
        self.page.clock.resume()

    def write(self, file: Path):
        """Keep the film; it begins anew at its end."""
        first, *others = self.frames
        first.save(
            file,
            save_all=True,
            append_images=others,
            duration=self.shown,
            loop=0,
            quality=FILM_QUALITY,
            method=6,
        )

    def _take(self, milliseconds):
        picture = Image.open(io.BytesIO(self.page.screenshot(animations="allow")))
        self.frames.append(picture.convert("RGB"))
        self.shown.append(milliseconds)
