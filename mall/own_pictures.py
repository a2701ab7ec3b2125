"""An own shop of the embedded profile that was begun beside the demo shop, in one folder of
pictures with it, gets a folder of its own.
"""

import shutil
from pathlib import Path

from mall.backups import media

OF_DEMO = Path("products/demo")  # where mall/demo/shop.py hangs what it draws


def move_out(shared: Path | str, own: Path) -> None:
    """Copy the pictures of an own shop from the folder it shared, once: all but the demo's, of
    which it keeps what its rows name. ``shared`` stays as it is; "": nothing was shared.
    """
    if not shared or own.exists() or not Path(shared).is_dir():
        return
    shared, named = Path(shared), media.named_by_rows()

    def not_ours(folder, names):
        place = Path(folder).relative_to(shared)
        if place == OF_DEMO:
            return [name for name in names if str(place / name) not in named]
        return [name for name in names if str(place / name) == media.RENDITIONS]

    part = own.with_name(f"{own.name}.part")  # a copy that broke off is begun anew
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(shared, part, ignore=not_ours)
    part.rename(own)
