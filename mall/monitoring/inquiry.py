"""Questions that may never be answered, asked so that nobody who wants to know is held up by them.

Each question has a thread of its own, one at a time: what is frozen holds that thread and no other.
The answers are kept for KEPT_SECONDS; then whoever comes first asks anew and waits PATIENCE_SECONDS
at most, and whoever comes meanwhile gets the answers before.
"""

import threading
import time

import structlog

KEPT_SECONDS = 2.0
PATIENCE_SECONDS = 1.2
LATE_SECONDS = 15.0
NO_ANSWER = "no answer"
log = structlog.get_logger(__name__)


class Inquiry:
    """Named questions, each a function that returns ``{part: state}``, and what they answered
    last.
    """

    def __init__(self, questions: dict):
        self._questions, self._open = questions, {}
        self._states, self._known_until = {}, float("-inf")
        self._turn, self._known = threading.Lock(), threading.Event()

    def states(self) -> dict:
        """Return ``{part: state}``; a question that is not answered in time says "no answer" under
        its name.
        """
        if time.monotonic() >= self._known_until and self._turn.acquire(blocking=False):
            try:
                self._ask()
            finally:
                self._turn.release()
        self._known.wait(PATIENCE_SECONDS)  # returns at once but for the first seconds of a process
        return self._states or dict.fromkeys(self._questions, NO_ANSWER)

    def start(self):
        """Ask ahead, so that the first who comes finds answers."""
        threading.Thread(target=self.states, name="inquiry", daemon=True).start()

    def forget(self):
        """Ask anew next time."""
        self._known_until = float("-inf")

    def _ask(self):
        if time.monotonic() < self._known_until:
            return  # somebody asked between our look and our turn
        before, asked = self._open, {}
        for name, question in self._questions.items():
            # never a second thread behind one that hangs
            if name in before and before[name].is_alive():
                asked[name] = before[name]
            else:
                asked[name] = _Asked(name, question)
                asked[name].start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        states = {}
        for name, thread in asked.items():
            if thread is not before.get(name):
                thread.join(max(0, deadline - time.monotonic()))
            answer = thread.tell() or (before[name].tell_late() if name in before else None)
            states |= answer or {name: NO_ANSWER}
        self._open, self._states, self._known_until = asked, states, time.monotonic() + KEPT_SECONDS
        self._known.set()


class _Asked(threading.Thread):
    """One question on its way."""

    def __init__(self, name, question):
        super().__init__(name=f"inquiry-{name}", daemon=True)
        self._question, self._answer, self._answered_at, self._is_told = question, None, 0.0, False

    def run(self):
        try:
            answer = self._question()
        except Exception:
            log.exception("inquiry_failed", about=self.name)
        else:
            self._answered_at, self._answer = time.monotonic(), answer

    def tell(self):
        """Return the answer, None while there is none."""
        self._is_told = self._answer is not None
        return self._answer

    def tell_late(self):
        """Return what was answered after everybody stopped waiting: a busy machine is slow, not
        away.
        """
        is_fresh = time.monotonic() - self._answered_at < LATE_SECONDS
        return self._answer if is_fresh and not self._is_told else None
