import logging
import re

_SECRET = re.compile(
    r"((?:account(?:/|%2F)(?:invitation|password(?:/|%2F)reset(?:/|%2F)key|confirm-email)"
    r"|meetings(?:/|%2F)(?:registration|\d+(?:/|%2F)register))(?:/|%2F))[^/%?&\s'\"]+",
    re.IGNORECASE,
)


class MaskSecrets(logging.Filter):
    """Takes out of what is logged the part of an address that opens something: whoever reads the log is not asked in.

    Django logs the address of every request that it refuses, also of one whose link still works.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = _SECRET.sub(r"\1******", message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True
