"""A shop opens: its first operator comes in by a code (first_operator), the list of what is still
to do stands on the back office's front page (steps), and what can be tried is tried (trials).
"""
