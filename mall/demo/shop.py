"""The demo shop's shelves: every category and product of goods/*.toml, with its pictures and
its stock.
"""

import html
import random
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from django.core.files.base import ContentFile

from catalog import codes, stock, storefront
from catalog.models import Category, Product, ProductImage, Sku
from mall.core import clock, renditions
from mall.core.transactions import transactional
from mall.demo.shots import SHOTS
from mall.demo.studio import take_picture

GOODS = Path(__file__).parent / "goods"
OPENED_DAYS_AGO = 300
ACTOR = "seed_demo"
BULLET = "- "
HANDS = 2  # pictures taken at a time
FIRST = "studio"
SHOWN = {"in_use": "使用场景", "close_up": "细节", "as_sent": "包装", "how_large": "尺寸"}
KEY_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def read_goods() -> list[dict]:
    """Return the shelves as they are written, in the order of their files."""
    return [
        tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(GOODS.glob("*.toml"))
    ]


def lay_out(progress=iter) -> int:
    """Fill the shelves once; return how many products this call put there.

    A shop that has one of these shelves is left as it is: whoever works there since keeps their
    work. ``progress`` may wrap the list of products in a bar.
    """
    shelves = read_goods()
    if Category.objects.filter(slug__in=[shelf["slug"] for shelf in shelves]).exists():
        return 0
    all_goods = [(shelf, goods) for shelf in shelves for goods in shelf["product"]]
    # The list page shows the newest first: mixed, so that it opens on a bit of everything.
    random.Random("shelves").shuffle(all_goods)
    pictures = _hang_pictures(all_goods, progress)
    with clock.at(
        clock.start_of(clock.today() - timedelta(days=OPENED_DAYS_AGO)) + timedelta(hours=9)
    ):
        return _fill(shelves, all_goods, pictures)


@transactional
def _fill(shelves, all_goods, pictures) -> int:
    categories = {
        shelf["slug"]: Category.objects.create(
            slug=shelf["slug"],
            icon=shelf["icon"],
            position=position,
            name_zh_hans=shelf["zh"],
            name_en=shelf["en"],
        )
        for position, shelf in enumerate(shelves)
    }
    for shelf, goods in all_goods:
        _put_on_shelf(
            categories[shelf["slug"]],
            goods,
            kind=goods.get("kind", shelf.get("kind", "physical")),
            pictures=pictures[goods["slug"]],
        )
    storefront.forget()
    return len(all_goods)


def _put_on_shelf(category, goods, *, kind, pictures) -> Product:
    product = Product.objects.create(
        category=category,
        kind=kind,
        pay_mode=goods["pay_mode"],
        status=Product.Status.ON,
        image=pictures[FIRST],
        limit_per_person=goods.get("limit_per_person", 0),
        sale_starts_at=_days_from_now(goods.get("sale_starts_days")),
        sale_ends_at=_days_from_now(goods.get("sale_ends_days")),
        name_zh_hans=goods["zh"]["name"],
        name_en=goods["en"]["name"],
        summary_zh_hans=goods["zh"]["summary"],
        summary_en=goods["en"]["summary"],
        market_price=Decimal(goods.get("market_price", 0)),
        attributes_zh_hans=goods["zh"]["attributes"].strip(),
        attributes_en=goods["en"]["attributes"].strip(),
        description_zh_hans=as_html(goods["zh"]["description"]),
        description_en=as_html(goods["en"]["description"]),
    )
    ProductImage.objects.bulk_create(
        ProductImage(product=product, image=pictures[shot], alt=words, position=position)
        for position, (shot, words) in enumerate(SHOWN.items())
        if shot in pictures
    )
    _offer(product, goods)
    return product


def _offer(product, goods):
    """Add the SKUs of a product, each with its stock or its keys."""
    for position, choice in enumerate(goods["skus"]):
        sku = Sku.objects.create(
            product=product,
            position=position,
            name_zh_hans=choice.get("zh", ""),
            name_en=choice.get("en", ""),
            points_price=choice.get("points", 0),
            cash_price=Decimal(choice.get("cash", 0)),
        )
        pieces, reference = choice["stock"], f"demo:{goods['slug']}:{position}"
        if pieces and product.kind == Product.Kind.CARD_KEY:
            keys = write_keys(goods["slug"], pieces)
            codes.add(sku.pk, keys, actor=ACTOR, batch=reference)
        elif pieces:
            stock.receive(
                sku.pk, quantity=pieces, actor=ACTOR, note="首批到货", reference=reference
            )


def write_keys(slug, number) -> list[tuple[int, str]]:
    """Return so many made-up keys of a product as rows of an import, the same every time."""
    luck = random.Random(f"keys:{slug}")
    return [
        (row, "-".join(["PM", *("".join(luck.choices(KEY_LETTERS, k=4)) for _part in range(3))]))
        for row in range(1, number + 1)
    ]


def _days_from_now(days):
    """A sale starts or ends at the first instant of a shop day, counted from the real today."""
    if days is None:
        return None
    return clock.start_of(clock.today() + timedelta(days=OPENED_DAYS_AGO + days))


def _hang_pictures(all_goods, progress) -> dict[str, dict[str, str]]:
    """Take the pictures of all goods; return their names in the storage by slug and shot."""
    with ThreadPoolExecutor(HANDS) as studio:
        taken = studio.map(_take_pictures, all_goods)
        return {
            goods["slug"]: {shot: _hang(file) for shot, file in files.items()}
            for (_shelf, goods), files in zip(progress(all_goods), taken, strict=True)
        }


def _take_pictures(shelf_and_goods) -> dict[str, bytes]:
    shelf, goods = shelf_and_goods
    taken = {FIRST: take_picture(goods["picture"], shelf["ground"], slug=goods["slug"])}
    taken |= {shot: take(shelf, goods) for shot, take in SHOTS.items()}
    return {shot: file for shot, file in taken.items() if file}


def _hang(file: bytes) -> str:
    """Keep a picture unless an earlier run did; its name says what is in it."""
    storage = Product._meta.get_field("image").storage
    content = ContentFile(file)
    name = f"products/demo/{renditions.name_of(content, 'picture.webp')}"
    return name if storage.exists(name) else storage.save(name, content)


def as_html(text: str) -> str:
    """Return paragraphs and "- " lists as the rich text an operator would have written."""
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [html.escape(line, quote=False) for line in block.splitlines()]
        if all(line.startswith(BULLET) for line in lines):
            blocks.append(
                "<ul>"
                + "".join(f"<li>{line.removeprefix(BULLET)}</li>" for line in lines)
                + "</ul>"
            )
        else:
            blocks.append("<p>" + "<br>".join(lines) + "</p>")
    return "\n".join(blocks)
