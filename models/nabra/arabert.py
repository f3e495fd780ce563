"""An Arabic encoder's text preparation as part of its tokenizer, so that offsets still point into the original text.

The rules are those of `ArabertPreprocessor` in the package `arabert` 1.0.1 (Antoun et al., 2020), said again as
normalizers and pre-tokenizers of the `tokenizers` library: what the package replaces is replaced by a normalizer, and
where it puts spaces a pre-tokenizer splits. Both are saved in `tokenizer.json`. The tests hold the token ids to those
of the package. A replaced stretch, such as a link, has the offsets of its last character.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterator
from html.entities import html5
from typing import Any, Literal

from tokenizers import Regex, Tokenizer
from tokenizers.normalizers import Normalizer, Replace
from tokenizers.normalizers import Sequence as NormalizerSequence
from tokenizers.pre_tokenizers import PreTokenizer, Split
from tokenizers.pre_tokenizers import Sequence as PreTokenizerSequence

Preprocessing = Literal["none", "arabertv01", "arabertv1", "arabertv02", "arabertv02-twitter", "arabertv2", "camelbert"]
"""The AraBERT generations, of which `arabertv1` and `arabertv2` read words that Farasa has segmented (`nabra.farasa`),
and CAMeLBERT, which was pretrained without diacritics and tatweel (Inoue et al., 2021)."""
SEGMENTED = ("arabertv1", "arabertv2")

LINK, MAIL, USER = "[رابط]", "[بريد]", "[مستخدم]"
PREFIXES = "ال و ف ب ك ل لل س".split()
SUFFIXES = "ه ها ك ي هما كما نا كم هم هن كن ا ان ين ون وا ات ت ن ة".split()
WHOLE_TOKENS = (LINK, MAIL, USER, *(f"{prefix}+" for prefix in PREFIXES), *(f"+{suffix}" for suffix in SUFFIXES))
"""Pieces of the vocabulary that no rule of punctuation may take apart."""

# What Python's `re` takes for \s, \S and \w; Oniguruma, which runs the patterns, draws the lines elsewhere.
_SPACE = r"\s\x1c-\x1f"
_SPACES, _NO_SPACES = f"[{_SPACE}]", f"[^{_SPACE}]"
_WORD = r"\p{L}\p{N}_"

_DIACRITICS = "[\u064b-\u0652]"
_TATWEEL = "\u0640"
_ARABIC = "\u0621-\u063a\u0641-\u064a"
_PUNCTUATION = r"!\"#$%'()*+,.:;\-<=·>?@\[\\\]^_`{|}~—٪’،؟୍“؛”ۚ»«–…‘"
_ACCEPTED = f"0-9\u0621-\u063a\u0640-\u066c\u0671-\u0674a-zA-Z{_PUNCTUATION}"
"""What the second generation keeps beside spaces, as the inside of a character class."""
_EMOJI = (
    "©®‼⁉⃣™ℹ↔-↙↩-↪⌚-⌛⌨⏏⏩-⏳⏸-⏺Ⓜ▪-▫▶◀◻-◾☀-☄☎☑☔-☕☘☝☠☢-☣☦☪☮-☯☸-☺♀♂♈-♓♟-♠♣♥-♦♨♻♾-♿⚒-⚗⚙⚛-⚜⚠-⚡⚧⚪-⚫⚰-⚱⚽-⚾⛄-⛅⛈⛎-⛏⛑⛓-⛔⛩-⛪⛰-⛵"
    "⛷-⛺⛽✂✅✈-✍✏✒✔✖✝✡✨✳-✴❄❇❌❎❓-❕❗❣-❤➕-➗➡➰➿⤴-⤵⬅-⬇⬛-⬜⭐⭕〰〽㊗㊙🀄🃏🅰-🅱🅾-🅿🆎🆑-🆚🇦-🇿🈁-🈂🈚🈯🈲-🈺🉐-🉑🌀-🌡🌤-🎓🎖-🎗🎙-🎛"
    "🎞-🏰🏳-🏵🏷-📽📿-🔽🕉-🕎🕐-🕧🕯-🕰🕳-🕺🖇🖊-🖍🖐🖕-🖖🖤-🖥🖨🖱-🖲🖼🗂-🗄🗑-🗓🗜-🗞🗡🗣🗨🗯🗳🗺-🙏🚀-🛅🛋-🛒🛕-🛗🛠-🛥🛩🛫-🛬🛰🛳-🛼🟠-🟫🤌-🤺🤼-🥅"
    "🥇-🥸🥺-🧋🧍-🧿🩰-🩴🩸-🩺🪀-🪆🪐-🪨🪰-🪶🫀-🫂🫐-🫖"
)
"""The characters of all emoji of Emoji 13.1, which `emoji` 1.4.2 lists, without the invisible ones that join them."""

_URL = r"(http(s)?://.)?(www\.)?[-a-zA-Z0-9@:%._+~#=]{2,256}\.[a-z]{2,6}(?![" + _WORD + r"])([-a-zA-Z0-9@:%_+.~#?&/=]*)"
_LINKS = (
    _URL,
    r"http[s]?://[a-zA-Z0-9_\-./~?=%&]+",
    r"www[a-zA-Z0-9_\-?=%&/.~]+",
    # A match begins where a run of letters does, or the last one ended: no run is read once for each of its letters.
    r"(?:(?<![a-zA-Z])|(?<=\.com))[a-zA-Z]+\.com",
    f"http{_NO_SPACES}*",
    f"www{_NO_SPACES}*",
    "://",
)
_MAILS = (
    rf"(?<![{_WORD}-])[{_WORD}-]+@([{_WORD}-]+\.)+[{_WORD}-]+",
    f"(?<!{_NO_SPACES}){_NO_SPACES}+@{_NO_SPACES}+",
)
_MENTION = f"@[{_WORD}]+"
_ELONGATION = r"(\D)\1\K\1+"
_MARKS = rf"[!\"#$%'()*+,.:;\-<=·>?@\[\\\]^_ـ`{{|}}~—٪’،؟୍“؛”ۚ【»{_SPACE}«–…‘]"


def detect(name: str, vocabulary: Collection[str]) -> Preprocessing:
    """The preparation that an encoder was pretrained with.

    Args:
        name: Hub id or directory; its last part decides where it names a generation.
        vocabulary: The tokenizer's; the placeholders of links and the segments tell AraBERT where the name does not.
    """
    base = re.split(r"[/\\]", name.rstrip("/\\"))[-1].lower()
    named: dict[str, Preprocessing] = {
        "arabertv02-twitter": "arabertv02-twitter",
        "arabertv02": "arabertv02",
        "arabertv01": "arabertv01",
        "arabertv2": "arabertv2",
        "bert-base-arabert": "arabertv1",
        "araelectra": "arabertv02",
        "camelbert": "camelbert",
    }
    for part, preprocessing in named.items():
        if part in base:
            return preprocessing
    if LINK not in vocabulary:
        return "none"
    return "arabertv2" if {"ال+", "+ات"} <= set(vocabulary) else "arabertv02"


def prepare(tokenizer: Tokenizer, preprocessing: Preprocessing) -> Tokenizer:
    """A copy of an encoder's tokenizer that prepares its text itself.

    A segmented generation's copy expects text that is clean and segmented already, as `nabra.farasa` makes it.

    Args:
        tokenizer: The tokenizer as published, over unprepared text.
        preprocessing: The generation that it belongs to.
    """
    if preprocessing == "none":
        return tokenizer
    state = json.loads(tokenizer.to_str())
    _keep_whole(state, add=preprocessing in SEGMENTED)
    prepared = Tokenizer.from_str(json.dumps(state))
    if preprocessing not in SEGMENTED:
        own = [part for part in (prepared.normalizer,) if part is not None]
        prepared.normalizer = NormalizerSequence([normalizer(preprocessing), *own])
        if preprocessing != "camelbert":
            prepared.pre_tokenizer = PreTokenizerSequence([pre_tokenizer(preprocessing), prepared.pre_tokenizer])
    return prepared


def _keep_whole(state: dict[str, Any], *, add: bool) -> None:
    """Look for the whole tokens after normalisation, which writes them.

    With `add`, those of the vocabulary that the tokenizer would take apart become added tokens: what `never_split` did
    in older tokenizers of BERT.
    """
    added = {token["content"] for token in state["added_tokens"]}
    vocabulary = state["model"]["vocab"]
    for content in WHOLE_TOKENS if add else ():
        if content in vocabulary and content not in added:
            affix = content not in (LINK, MAIL, USER)
            flags = {"single_word": affix, "lstrip": False, "rstrip": False, "special": False}
            state["added_tokens"].append({"id": vocabulary[content], "content": content} | flags)
    for token in state["added_tokens"]:
        token["normalized"] = token.get("normalized", False) or token["content"] in WHOLE_TOKENS
    state["added_tokens"].sort(key=lambda token: token["id"])


def normalizer(preprocessing: Preprocessing) -> Normalizer:
    """What a generation replaces or drops."""
    if preprocessing == "camelbert":
        return _replace(f"[\u064b-\u0652\u0670{_TATWEEL}]", "")
    first_generation = preprocessing in ("arabertv01", "arabertv1")
    rules = _first_generation() if first_generation else _second_generation(preprocessing == "arabertv02-twitter")
    return NormalizerSequence(list(rules))


def pre_tokenizer(preprocessing: Preprocessing) -> PreTokenizer:
    """Where a generation puts spaces; it isolates what they go around."""
    if preprocessing in ("arabertv01", "arabertv1"):
        return _isolate("[^0-9\u0621-\u063a\u0641-\u0669\u0671-\u0673a-zA-Z\\[\\]]")
    letters = f"[{_ARABIC}\u0660-\u066c]"
    return PreTokenizerSequence(
        [
            _isolate(f"[^0-9{_ARABIC}\u0660-\u0669a-zA-Z\\[\\]]"),
            _isolate(rf"(?<!\d)\d+(?={letters})|(?<=\d){letters}+"),
            _isolate(rf"(?<!{letters}){letters}+(?=\d)|(?<={letters})\d+"),
        ]
    )


def _isolate(pattern: str) -> PreTokenizer:
    return Split(Regex(pattern), "isolated")


def _replace(pattern: str, content: str = " ") -> Normalizer:
    return Replace(Regex(pattern), content)


def _first_generation() -> Iterator[Normalizer]:
    yield _replace(_DIACRITICS, "")
    yield _replace(r"(?<!\d)\d+/[ء-ي]+/\d+\]", "")
    yield Replace(_TATWEEL, "")
    yield _replace("[«»]", ' " ')
    yield _replace(f"http{_NO_SPACES}*", LINK)
    yield _replace(f"www{_NO_SPACES}*", LINK)
    yield _replace(_URL, LINK)
    yield _replace(_MAILS[1], MAIL)
    yield _replace(_MENTION, USER)
    yield Replace("…", "\\.")  # the package's replacement keeps the backslash
    # Of a run of marks and spaces each kind stays once; bounded, so that a long run costs no more than its length.
    yield _replace(rf"({_MARKS})(?<=\1{_MARKS}{{0,60}}\1)", "")
    for placeholder in (LINK, MAIL, USER):
        yield _replace(rf"\[{_SPACES}*{placeholder[1:-1]}{_SPACES}*\]", f" {placeholder} ")
    yield _replace(_ELONGATION, "")
    # BERT's own normalizer drops these; the package has put spaces around them by then.
    yield _replace(r"[\p{C}\ufffd]")


def _second_generation(emoji: bool) -> Iterator[Normalizer]:
    accepted = _ACCEPTED + (_EMOJI if emoji else "")
    yield from _character_references(accepted)
    yield _replace(_DIACRITICS, "")
    yield Replace(_TATWEEL, "")
    for pattern in _LINKS:
        yield _replace(pattern, f" {LINK} ")
    for pattern in _MAILS:
        yield _replace(pattern, f" {MAIL} ")
    yield _replace(_MENTION, f" {USER} ")
    yield Replace("<br />", " ")
    # Where no tag closes any more, all is passed over at once.
    yield _replace(r"<[^>]+(?:>|\z\K)")
    for digit, indic in enumerate("٠١٢٣٤٥٦٧٨٩"):
        yield Replace(indic, str(digit))
    yield _replace(_ELONGATION, "")
    yield Replace("/", "-")
    yield _replace(f"[^{accepted}]")


def _character_references(accepted: str) -> Iterator[Normalizer]:
    """HTML's character references, decoded as `html.unescape` does.

    One to a character that is dropped later on becomes a stand-in: a letter for a letter, a sign for a sign.
    """
    closed: dict[str, list[str]] = {}
    legacy: dict[str, list[str]] = {}
    for code in range(1, 0x3001):
        text = _stand_in(html.unescape(f"&#{code};"), accepted)
        if text not in ("é", "§"):
            closed.setdefault(text, []).append(_numeric(code))
    for name in sorted(html5, key=len, reverse=True):
        references = closed if name.endswith(";") else legacy
        references.setdefault(_stand_in(html5[name], accepted), []).append(name)
    # The ampersand comes last: what it forms with its neighbours is not decoded again.
    ampersand = [*closed.pop("&"), *legacy.pop("&")]
    for references in (closed, {"é": ["#(?:[0-9]+|[xX][0-9a-fA-F]+);?"]}, legacy, {"&": ampersand}):
        for text, patterns in references.items():
            yield _replace(f"&(?:{'|'.join(patterns)})", text)


def _stand_in(text: str, accepted: str) -> str:
    """The same text, each character that is dropped later on replaced by one of its kind."""
    kept = re.compile(f"[{accepted}/&]")
    return "".join(
        " " if char.isspace() else char if kept.match(char) else "é" if char.isalnum() else "§" for char in text
    )


def _numeric(code: int) -> str:
    digits = "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{code:x}")
    return f"#(?:0*{code}(?![0-9])|[xX]0*{digits}(?![0-9a-fA-F]));?"
