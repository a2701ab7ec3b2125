"""What axe finds on the page that is open, of WCAG 2.2 A and AA."""

from importlib.resources import files

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What a bar that stays covers just now can be scrolled out of its way (HIDDEN_FOCUS looks at that).
FOUND = """async rules => {
    const found = await axe.run(document, {runOnly: rules, resultTypes: ['violations']});
    const said = node => [...node.any, ...node.all, ...node.none].map(one => one.message).join(' ');
    return found.violations.flatMap(one => one.nodes
        .filter(node => !said(node).includes('partially obscured'))
        .map(node => `${one.id} ${node.target.join(' ')}: ${said(node)}`));
}"""


# what is still fading in has no colour of its own yet
STILL = """() => Promise.all(document.getAnimations()
    .filter(one => one.playState === 'running' && one.effect.getComputedTiming().endTime < 5000)
    .map(one => one.finished.catch(() => null)))"""


def barriers(page) -> list[str]:
    """Return what of the open page somebody could not see, hear or reach."""
    page.evaluate(AXE)
    page.evaluate(STILL)
    return [f"{page.url} {found}" for found in page.evaluate(FOUND, WCAG)]
