"""From the chunks of an uploaded file to lines of text, with memory bounded whatever the file holds."""

import codecs
from collections.abc import Iterable, Iterator

from domain.errors import Invalid

LINE_LENGTH_MAX = 65_536
"""Characters of one line; a file without line ends is refused after that many."""

_BYTE_ORDER_MARK = "\ufeff"


def lines(chunks: Iterable[str | bytes]) -> Iterator[str]:
    """Lines without their ends; bytes are UTF-8, with or without a byte order mark. Chunks may end anywhere.

    Beside the chunk itself at most a few lines are held, so give chunks of bounded size, such as 64 KiB. Raises Invalid
    `encoding` naming the byte, and `line-too-long` naming the line.
    """
    rest = ""
    count = 0
    for text in _decoded(chunks):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            count += 1
            yield _bounded(line.removesuffix("\r"), count)
        _bounded(rest, count + 1)
    if rest:
        yield rest


def _bounded(line: str, number: int) -> str:
    if len(line) > LINE_LENGTH_MAX:
        raise Invalid("line-too-long", f"line {number} has more than {LINE_LENGTH_MAX} characters: is this a CSV file?")
    return line


def _decoded(chunks: Iterable[str | bytes]) -> Iterator[str]:
    """Text in pieces of at most a line's length, without a byte order mark."""
    decoder = _Decoder()
    first = True
    for chunk in chunks:
        for start in range(0, len(chunk), LINE_LENGTH_MAX):
            piece = chunk[start : start + LINE_LENGTH_MAX]
            text = piece if isinstance(piece, str) else decoder.decode(piece)
            if text:
                yield text.removeprefix(_BYTE_ORDER_MARK) if first else text
                first = False
    decoder.finish()


class _Decoder:
    """UTF-8 across chunks; a fault names the byte and the line of the whole file."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._bytes_before = 0
        self._lines_before = 0

    def decode(self, chunk: bytes, final: bool = False) -> str:
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError as fault:
            offset = self._bytes_before - pending + fault.start
            line = self._lines_before + fault.object[: fault.start].count(b"\n") + 1
            raise Invalid(
                "encoding", f"byte {offset} in line {line} is not UTF-8: save the file as CSV in UTF-8"
            ) from None
        self._bytes_before += len(chunk)
        self._lines_before += text.count("\n")
        return text

    def finish(self) -> None:
        self.decode(b"", final=True)
