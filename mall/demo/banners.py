"""The demo shop's home page as an operator would arrange it: goods first, then the shelves, then
two banners.
"""

from django.core.files.base import ContentFile

from mall.core.models import HomeBlock
from mall.demo.shots import banner

# Ground, what stands on it, the link, and the words.
BANNERS = (
    (
        ("#fdeedb", "#f3cfa1"),
        ("🧺", "🍊", "☕", "🍯", "🥜"),
        "/products/?category=food",
        ("周末小食", "咖啡、蜂蜜和一篮脐橙，积分也能换"),
        ("Weekend treats", "Coffee, honey and a basket of oranges, for points too"),
    ),
    (
        ("#e8f0e6", "#c0d6bd"),
        ("⛺", "🎒", "🧭", "🔦", "🪁"),
        "/products/?category=outdoor",
        ("去户外", "轻装备，周末就出发"),
        ("Out of doors", "Light gear for this very weekend"),
    ),
)


def lay_out() -> None:
    """Arrange the home page once; what somebody arranged stays as it is."""
    if HomeBlock.objects.exists():
        return
    for position, kind in enumerate((HomeBlock.Kind.PICKS, HomeBlock.Kind.CATEGORIES)):
        HomeBlock.objects.create(kind=kind, position=position)
    for position, (ground, things, link, zh, en) in enumerate(BANNERS, 2):
        HomeBlock.objects.create(
            kind=HomeBlock.Kind.BANNER,
            title_zh_hans=zh[0],
            text_zh_hans=zh[1],
            title_en=en[0],
            text_en=en[1],
            link=link,
            position=position,
            picture=ContentFile(banner(ground, things), name="banner.webp"),
        )
