"""Many mails are due: how many leave for a second of CPU, and for how many statements."""

from benchmarks.figures import door, figure


def run(stage) -> list[dict]:
    """Return the door and the statements of one mail."""
    port = stage.servers.mail_port
    found = stage.take_turns("benchmarks.inside.mails", mails=stage.size.mails, port=port)
    pace = {side: one["mails"] / one["cpu"] for side, one in found.items()}
    return [
        door("mails per CPU second", pace, "mails/CPU s"),
        *[
            figure(f"mails: statements each, {side}", one["statements"], "statements")
            for side, one in found.items()
        ],
    ]
