"""What accounts tells the rooms above it; all are sent inside the transaction of the fact."""

from django.dispatch import Signal

# user: the new member; first_of_person: False when the same person (canonical e-mail) signed up before.
user_registered = Signal()

# user: the member, whose nickname, birthday and verified e-mail are all there. Sent whenever one of them changes and nothing
# is missing; a receiver is idempotent by the member.
profile_completed = Signal()

# user: the member; on: the shop day. Sent on every sign-in, from any door; a receiver is idempotent by day,
# and may return a sentence that the member reads on the page they come to.
user_signed_in = Signal()
