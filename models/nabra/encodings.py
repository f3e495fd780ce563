"""Tells in which encoding a file of Arabic is written."""

from __future__ import annotations

import codecs
import re

from nabra.errors import NabraError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file may begin with to say what it is; UTF-16's begins like UTF-32's."""
NOT_TEXT = {
    b"PK\x03\x04": "a ZIP archive (as .docx and .xlsx are); take the text out of it",
    b"\x1f\x8b": "compressed with gzip; unpack it, or give it a name that ends in .gz",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard; unpack it, or give it a name that ends in .zst",
    b"\xfd7zXZ": "compressed with xz; unpack it",
    b"BZh": "compressed with bzip2; unpack it",
    b"%PDF": "a PDF; take the text out of it",
    b"PAR1": "Parquet; give it a name that ends in .parquet",
}
"""What a file begins with that is no text, and what to do."""
UTF_8 = "utf-8-sig"
_ESCAPED = re.compile("[\udc80-\udcff]")
"""Bytes that could not be decoded, as `surrogateescape` keeps them."""
# Where two read a text alike the first is taken: ISO-8859-6 is a part of Mac Arabic.
LEGACY = {"cp1256": "Windows-1256", "iso8859_6": "ISO-8859-6", "mac_arabic": "Mac Arabic"}

# Arabic letters, the most frequent first, as in seeds/: the logarithm of their shares falls about evenly.
_LETTERS = "اليمونرتبعدةفسقهأحكجىصشطإخزثضذغئءظؤآ"
_SHARES = {
    **dict.fromkeys("«»“”‘’–—…،؛؟\u200c\u200d\u200e\u200f", -5.0),
    **dict.fromkeys(map(chr, range(0x20, 0x7F)), -5.0),  # Mac Arabic has spaces and the like of its own
    **dict.fromkeys("ًٌٍَُِّْ", -6.0),
    **dict.fromkeys([*map(chr, range(0x80, 0xA0)), "\ufffd"], -12.0),  # controls, and what the encoding lacks
    **{letter: -1.5 - rank / 9 for rank, letter in enumerate(_LETTERS)},
}
_OTHER = -9.0
_LEAST_MEAN = -4.5
"""Of the logarithm a character; news have about -2.7, with all vowels written about -4."""
_LEAST_LEAD = 5.0
"""How much likelier the best must be than the next that reads other letters, as a logarithm."""
_LETTER = re.compile("[\u0621-\u064a]")


def check_encoding(name: str) -> None:
    """Refuse what is no encoding of Arabic.

    Raises:
        NabraError: Naming it.
    """
    try:
        "سلام".encode(name)
    except (LookupError, ValueError) as error:
        known = "utf-8, utf-16, utf-16-le, cp1256, iso8859-6, mac-arabic"
        raise NabraError(f"--encoding: {name!r} is no encoding of Arabic; such are {known}") from error


def choose_encoding(sample: bytes, where: str, given: str = "") -> str:
    """The encoding of a file, by its first bytes.

    Args:
        sample: The first bytes; they may end inside a character.
        where: The file, for messages.
        given: What the user says it is.

    Raises:
        NabraError: If the bytes do not tell, or if they are no text.
    """
    if found := next((what for magic, what in NOT_TEXT.items() if sample.startswith(magic)), ""):
        raise NabraError(f"{where}: is {found}")
    if sample[257:262] == b"ustar":
        raise NabraError(f"{where}: is a tar archive; unpack it")
    marked = next((encoding for mark, encoding in MARKS if sample.startswith(mark)), "")
    if given:
        own = codecs.lookup(given).name
        return marked if marked[:5] == own[:5] else given  # the mark is no part of the text
    if marked:
        return marked
    if _is_mostly_utf_8(sample):
        return UTF_8
    return _choose_legacy(sample, where)


def _is_mostly_utf_8(sample: bytes) -> bool:
    """Whether bytes are UTF-8, give or take some damage, which is reported where it stands."""
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(sample)
    broken = len(_ESCAPED.findall(text))
    return not broken or broken < sum("\u0600" <= letter <= "\u06ff" for letter in text)


def _choose_legacy(sample: bytes, where: str) -> str:
    """One of the encodings with a byte a letter, by how frequent the letters are that each reads."""
    high = bytes(byte for byte in sample if byte > 0x7F)
    read = {encoding: high.decode(encoding, "replace") for encoding in LEGACY}
    likely = {encoding: sum(_SHARES.get(letter, _OTHER) for letter in text) for encoding, text in read.items()}
    best = max(likely, key=likely.__getitem__)
    if likely[best] < _LEAST_MEAN * len(high):
        raise NabraError(f"{where}: is neither UTF-8 nor Arabic in {', '.join(LEGACY.values())}; name its --encoding")
    letters = {encoding: _LETTER.findall(text) for encoding, text in read.items()}
    leads = [likely[best] - likely[other] for other in LEGACY if letters[other] != letters[best]]
    if min(leads, default=_LEAST_LEAD) < _LEAST_LEAD:
        fitting = " or ".join(LEGACY)
        raise NabraError(f"{where}: is not UTF-8, and too short to tell what it is; name its --encoding ({fitting})")
    return best


def undecodable(text: str, encoding: str) -> str:
    """What is wrong with a text that was decoded with `surrogateescape`; empty if nothing is."""
    if (found := _ESCAPED.search(text)) is None:
        return ""
    line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
    place = f"line {line}, column {column}" if line > 1 else f"column {column}"
    byte = ord(found[0]) - 0xDC00
    name = encoding.removesuffix("-sig")
    return f"{place}: the byte 0x{byte:02x} is not {name}; mend it, or name the file's encoding with --encoding"
