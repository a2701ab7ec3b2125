"""What a log line looks like: key and value for a person (``console``), one JSON object for a machine."""

import structlog

from mall.redaction import redact_line

FORMATS = ("console", "json")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_shared = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configure_logging(log_format: str, *, level="INFO") -> dict:
    """Point structlog at the standard library and return the LOGGING setting that writes ``log_format``.

    Raises: SystemExit with one readable line for an unknown format or level.
    """
    if log_format not in FORMATS:
        raise SystemExit(f"LOG_FORMAT={log_format!r} is unknown: use one of {', '.join(FORMATS)}.")
    if level not in LEVELS:
        raise SystemExit(f"LOG_LEVEL={level!r} is unknown: use one of {', '.join(LEVELS)}.")
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Never the local variables of a traceback: they hold phones, addresses and keys.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    last = [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]
    if log_format == "console":
        last = [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback)]
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, redact_line],
        "foreign_pre_chain": _shared,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would say everything twice, and mail it.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "celery.beat": {"level": "WARNING"},
            "django_celery_beat": {"level": "WARNING"},
        },
    }
