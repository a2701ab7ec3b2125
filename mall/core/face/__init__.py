"""The shop's own face: its name, colours, pages and the blocks of its home page.

Every page shows it, so it is kept in the process under the version of kept facts
(``mall.core.kept``): no question for a page, and true from the next request after an edit.
"""

from mall.core.face.facts import Block, Face, Page, binding, blocks, current, last_seen, page_of

__all__ = ["Block", "Face", "Page", "binding", "blocks", "current", "last_seen", "page_of"]
