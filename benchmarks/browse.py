"""The shelves: a list of 24 and a product, as anybody reads them."""

from benchmarks.figures import door_of_load
from benchmarks.stage import NOW, TEXT_BOOK, TODAY
from benchmarks.wrk import Request


def run(stage) -> list[dict]:
    """Return both doors."""
    products = {name: house.words["products"][0] for name, house in stage.houses.items()}
    ours = Request("GET", "/api/v1/products")
    lists = {NOW: ours, TODAY: ours, TEXT_BOOK: Request("GET", "/items")}
    details = {
        name: Request("GET", f"/items/{pk}" if name == TEXT_BOOK else f"/api/v1/products/{pk}")
        for name, pk in products.items()
    }
    return [
        door_of_load("product list, 24", stage.compare(lists)),
        door_of_load("product detail", stage.compare(details)),
    ]
