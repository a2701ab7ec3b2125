"""What accounts tells the rooms above it; both are sent inside the transaction of the fact."""

from django.dispatch import Signal

# user: the new member; first_of_person: False when the same person (canonical e-mail) signed up before.
user_registered = Signal()

# user: the member; on: the shop day. Sent on every sign-in, from any door; a receiver is idempotent by day.
user_signed_in = Signal()
