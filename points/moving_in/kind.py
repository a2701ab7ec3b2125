"""Files of members as the clock knows them (mall/core/file_jobs.py)."""

from mall.core import file_jobs
from points.models import MemberImport
from points.moving_in import file as files
from points.moving_in import imports, opening, taking_back


def bring(content: bytes, **said) -> MemberImport:
    """Bring a file and have it looked over: a small one now, others within seconds. ``said`` are
    its name, note, operator and the columns of MemberImport that are chosen.

    Raises: UnreadableTable (it is no table of members; what else is wrong with it the look says).
    """
    return file_jobs.at_once(KIND, imports.ask(KIND, content, **said))


def carry_on() -> int:
    """Do what was asked about files of members; return how many. Harmless when run twice or by
    several at once.
    """
    return file_jobs.carry_on(KIND)


def _carry_out(row):
    verb = taking_back.carry_back if row.undo_by_id else opening.carry_out
    verb(row)


KIND = file_jobs.Kind(
    MemberImport,
    _carry_out,
    imports.look_over,
    files.check,
    pack=imports.seal,
    unpack=imports.unseal,
)
