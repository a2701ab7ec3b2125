"""Tags: words operators give members, to find them again. The only writer of them."""

from mall.core import audit, clock, pasted
from mall.core.transactions import transactional
from marketing.models import MemberTag

BATCH = 500


def read(word: str) -> str:
    """Return a tag as it is kept: in small letters, without what is not seen."""
    return pasted.name(word).casefold()


@transactional
def give(user_ids, tag: str, *, actor) -> int:
    """Give some members a tag; returns how many had it not. Harmless when repeated."""
    had = MemberTag.objects.filter(tag=tag, user_id__in=user_ids).values_list("user_id", flat=True)
    missing = sorted(set(user_ids) - set(had))
    words = {"tag": tag, "actor": f"staff:{actor.pk}", "given_at": clock.now()}
    MemberTag.objects.bulk_create(
        [MemberTag(user_id=user_id, **words) for user_id in missing],
        ignore_conflicts=True,
        batch_size=BATCH,
    )
    if missing:
        after = {"tag": tag, "members": len(missing)}
        audit.note(actor, "campaigns.tag", target=f"tag:{tag}", after=after)
    return len(missing)


@transactional
def take(user_ids, tag: str, *, actor) -> int:
    """Take a tag from some members; returns how many had it."""
    taken, _rows = MemberTag.objects.filter(tag=tag, user_id__in=user_ids).delete()
    if taken:
        after = {"tag": tag, "members": taken}
        audit.note(actor, "campaigns.untag", target=f"tag:{tag}", after=after)
    return taken
