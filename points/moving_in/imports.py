"""The way of a file of members: brought, looked over by the clock, let in by a second person,
carried out by the clock, and taken back.

What moves in is worth money, so nobody lets in a file they brought, whatever their rights. The same
members again are refused as a file; a member who moved in by another file is known.
"""

import base64
import json
import zlib
from collections import Counter
from dataclasses import asdict
from uuid import uuid4

from mall.core import audit, clock, encryption, file_jobs
from mall.core.tables.digest import digest
from mall.core.transactions import transactional
from mall.core.versions import check_read, version_of
from points.models import MemberImport
from points.moving_in import file as files
from points.moving_in import people
from points.moving_in.errors import FileKnown, NothingToBring, SamePerson

Status = MemberImport.Status
PLACE = "points.memberimport.content"  # a file says phone numbers, so it is sealed
OVER = (Status.FAILED, Status.UNDONE)
CHUNK = 250  # members


@transactional
def ask(kind: file_jobs.Kind, content: bytes, *, note: str, operator, **said) -> MemberImport:
    """Keep a file until it is looked over. ``said`` are its name and the columns of MemberImport an
    operator chooses. Raises: UnreadableTable.
    """
    said |= {"digest": f"unread:{uuid4().hex}", "note": note[:500]}
    row = file_jobs.keep(kind, content, operator=operator, **said)
    audit.note(operator, "points.members_ask", target=row, reason=row.note)
    return row


def look_over(row: MemberImport, content: bytes) -> None:
    """Say what would come of a claimed file; nobody moves in. Raises: UnreadableTable, FileKnown,
    LeaseLost.
    """
    contents = files.read(content, expires_on=row.expires_on)
    file_jobs.go_on(row, rows=contents.rows)
    _keep(row, contents, _survey(row, contents))


def version(row: MemberImport) -> str:
    """Return the mark of what is read before a file is let in."""
    return version_of(row.digest, row.made_by_id, row.note, row.mail_days, row.with_bonus)


@transactional
def _keep(row, contents, found):
    """Write a look down in place of one before that did nothing. Raises: FileKnown."""
    mark = digest([[contents.name, row.existing]])
    # looks at the same members that come to their ends at once do so one after the other
    file_jobs.locked(MemberImport, Status.LOOKING, Status.CHECKED)
    for known in MemberImport.objects.filter(digest=mark).exclude(pk=row.pk):
        if known.status in OVER:
            known.digest = f"{known.digest[:40]}:{known.pk}"
            known.save(update_fields=["digest"])
        elif known.status == Status.CHECKED:
            known.delete()
        else:
            raise FileKnown(name=known.name)
    file_jobs.looked_over(row, digest=mark, content=sealed(contents), **found)


def _survey(row, contents) -> dict:
    """Count what would become of everybody; return the columns that say so."""
    numbers, refused = Counter(), list(contents.faults)
    for some in contents.chunks(CHUNK):
        for one in people.place(some, row):
            numbers[one.state] += 1
            if one.state == people.REFUSED:
                refused.append([one.person.line, one.person.number, one.why])
            elif one.state != people.KNOWN:
                numbers["points"] += one.person.points
        counts = {name: numbers[name] for name in (people.NEW, people.ADDED, people.KNOWN)}
        counts |= {"points": numbers["points"], "refused": len(refused)}
        file_jobs.go_on(row, **counts)
    told = file_jobs.packed(sorted(refused), contents.remarks)
    return {"findings": told, "refused": len(refused)}


@transactional
def let_in(row: MemberImport, *, operator, read: str) -> MemberImport:
    """Have the members of a file move in; a sweep begins within seconds. ``read`` is the version
    the operator saw.

    Raises: FileDecided, ChangedMeanwhile, SamePerson, NothingToBring.
    """
    row = file_jobs.held(row)
    check_read(read, version(row))
    if row.made_by_id == operator.pk:
        raise SamePerson
    if not row.new + row.added:
        raise NothingToBring
    told = {"members": row.new, "added": row.added, "points": row.points}
    audit.note(operator, "points.members_let_in", target=row, reason=row.note, after=told)
    row.status, row.approved_by, row.approved_at = Status.QUEUED, operator, clock.now()
    row.new = row.added = row.points = 0
    row.save()
    return row


@transactional
def take_back(row: MemberImport, *, operator, note: str) -> MemberImport:
    """Have a file taken back: each member nobody touched since by entries the other way.

    Raises: FileDecided (it is not over, or taken back already).
    """
    row = MemberImport.objects.select_for_update().get(pk=row.pk)
    if not may_take_back(row):
        raise file_jobs.FileDecided
    row.status, row.undo_by, row.undo_note = Status.QUEUED, operator, note[:500]
    row.attempts, row.claimed_until = 0, None
    row.save()
    audit.note(operator, "points.members_undo", target=row, reason=note)
    return row


def may_take_back(row: MemberImport) -> bool:
    """Whether a file can be taken back: also one that broke off, by what came in before."""
    return row.approved_by_id is not None and row.status in (Status.DONE, Status.FAILED)


def sealed(contents: files.Contents) -> bytes:
    """Return what a file says as it is kept until it is carried out."""
    said = {"people": [asdict(one) for one in contents.people], "faults": contents.faults}
    return seal(json.dumps(said).encode())


def opened(row: MemberImport) -> files.Contents:
    """Return what ``sealed`` kept. Raises: Undecryptable."""
    said = json.loads(unseal(bytes(row.content)))
    return files.Contents([files.Person(**one) for one in said["people"]], said["faults"], row.rows)


def seal(plain: bytes) -> bytes:
    """Return a file, or what it says, as it waits: it holds phone numbers."""
    packed = base64.b64encode(zlib.compress(plain)).decode()
    return encryption.encrypt(packed, place=PLACE).encode()


def unseal(kept: bytes) -> bytes:
    """Return what ``seal`` was given. Raises: Undecryptable."""
    packed = encryption.decrypt(kept.decode(), place=PLACE)
    return zlib.decompress(base64.b64decode(packed))
