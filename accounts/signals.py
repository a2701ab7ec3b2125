"""What accounts tells the rooms above it; all are sent inside the transaction of the fact."""

from django.dispatch import Signal

# user: the new member; first_of_person: False when the same person (canonical e-mail) signed up
# before.
user_registered = Signal()

# user: the member, whose nickname, birthday and verified e-mail are all there. Sent whenever one of
# them changes and nothing is missing; a receiver is idempotent by the member.
profile_completed = Signal()

# user: the member; on: the shop day. Sent on every sign-in, from any door; a receiver is idempotent
# by day, and may return a sentence that the member reads on the page they come to.
user_signed_in = Signal()

# user: a member who has signed in before, now with a browser the shop has not seen them with;
# device: its name in short; at: when.
new_device = Signal()

# user: a member who takes their data along. A receiver returns accounts.export.Chapter objects,
# whose rows are read one by one.
personal_data_asked = Signal()

# user: a member who thinks of leaving. A receiver returns accounts.closing.Consequence objects; one
# of them may stand in the way.
closing_asked = Signal()

# user: a member who leaves now. A receiver forgets the person in its own room and keeps the books;
# a refusal stops it all.
account_closing = Signal()
