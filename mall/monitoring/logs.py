"""What a log line looks like: key and value for a person (``console``), one JSON object for a
machine.
"""

import logging
import sys

import structlog

from mall.monitoring.redaction import redact_line

FORMATS = ("console", "json")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_shared = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


class OneEventPerRequest(logging.Filter):
    """Drop what Django says of a request that the mall tells itself
    (mall.middleware.LogMiddleware).

    Django logs every refusal and fault a second time, some with a traceback of many lines. What its
    security checks found goes into our one line as ``reason``; a request we never saw keeps one
    line of Django's.
    """

    def filter(self, record):
        request = getattr(record, "request", None)
        if request is None or not record.name.startswith(("django.request", "django.security")):
            return True
        is_told = getattr(request, "is_told", False)
        request.is_told = True
        if is_told and record.name.startswith("django.security"):
            structlog.contextvars.bind_contextvars(reason=record.getMessage())
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return not is_told


def name_passing_fault(logger, method, event):
    """Replace the traceback of a database that is away by one word: it tells nothing, and each
    visitor would write another.
    """
    from mall.core import faults  # knows Django's models, which wait for these settings

    error = event.get("exc_info")
    error = sys.exception() if error is True else error[1] if isinstance(error, tuple) else error
    if isinstance(error, Exception) and faults.is_passing(error):
        event["fault"] = str(error)
        del event["exc_info"]
    return event


def configure_logging(log_format: str, *, level="INFO") -> dict:
    """Point structlog at the standard library and return the LOGGING setting that writes
    ``log_format``.

    Raises: SystemExit with one readable line for an unknown format or level.
    """
    if log_format not in FORMATS:
        raise SystemExit(f"LOG_FORMAT={log_format!r} is unknown: use one of {', '.join(FORMATS)}.")
    if level not in LEVELS:
        raise SystemExit(f"LOG_LEVEL={level!r} is unknown: use one of {', '.join(LEVELS)}.")
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Never the local variables of a traceback: they hold phones, addresses and keys.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    last = [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]
    if log_format == "console":
        last = [
            structlog.dev.ConsoleRenderer(
                colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            name_passing_fault,
            *last,
            redact_line,
        ],
        "foreign_pre_chain": _shared,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "filters": {"one_event": {"()": OneEventPerRequest}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["one_event"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would say everything twice, and mail it.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "celery.beat": {"level": "WARNING"},
            "django_celery_beat": {"level": "WARNING"},
        },
    }
