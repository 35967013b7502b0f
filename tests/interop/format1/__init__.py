"""A reader of format 1, written from docs/specs alone. Small on purpose: it keeps everything in memory and never writes a vault."""


class FormatError(Exception):
    """Bytes that are not what the specifications say."""
