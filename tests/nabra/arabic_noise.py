"""Varied sentences: those of the corpus, and the same with everything that the web puts between the words."""

from __future__ import annotations

import random
from collections.abc import Sequence

MARKS = "ًٌٍَُِّْ"
PIECES = (
    "http://www.example.com/a?b=1&c=2|https://t.co/aB3|www.site.org|site.com|صفحة.com|ftp://x|://|http|www|x.y.zz|"
    "user@mail.example.org|@user_name|@مستخدم|قال@هنا|a@b|@@|..com|"
    "<br />|<b>نص</b>|<a href='x'>|< |>|&quot;|&nbsp;|&#8220;|&#x201d;|&amp;|&lt;b&gt;|&amp;quot;|"
    "&hellip;|&eacute;|&#1575;|&copy|"
    "٢٠١٥|۱۳۹۹|2015م|12كم|كم12|5كم12a|a12ب|3.5|1,000|10:30|12/أكتوبر/2010]|½|²|"
    "هههههه|!!!!|؟؟؟!|......|،،|ــــ|. . .|?!?!|---|"
    "«|»|(|)|[|]|{|}|/|//|-|–|—|…|%|٪50|$|€|°|+|=|_|a_b|~|^|\\|`|'|\"|’|‘|“|”|*|#وسم_هنا|؛|:|·|"
    "۞|۩|﴾|﴿|٫|٬|\u0670|\u0653|ٱ|پ|گ|چ|ﷺ|ﻻ|NATO|iPhone12|é|Ünï|中文|русский|"
    "\u200f|\u200b|\u200c|\u202b|\ufeff|\xa0|\t|\x0b|\x1f|\x07|\u2028|\ufffd|\u200d|\x0c|\x85|\r|"
    "[رابط]|[ رابط ]|[مستخدم]|[بريد]|[[رابط]]|"
    "😀|👍🏽|❤️|🇪🇬|👨‍👩‍👧|🫠|☕|1️⃣|©"
).split("|")


def varied(sentences: Sequence[str], count: int, seed: int = 0) -> list[str]:
    """`count` sentences, each changed a few times over."""
    chance = random.Random(seed)
    return [_change(chance.choice(sentences), chance) for _ in range(count)]


def _change(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 6)):
        place = chance.randint(0, len(text))
        kind = chance.random()
        if kind < 0.6:
            piece = chance.choice(["", " "]) + chance.choice(PIECES) + chance.choice(["", " "])
            text = text[:place] + piece + text[place:]
        elif kind < 0.7:
            text = "".join(c + chance.choice(MARKS) * (c.isalpha() and chance.random() < 0.2) for c in text)
        elif kind < 0.8:
            text = text[:place] + text[place : place + 1] * chance.randint(2, 6) + text[place:]
        elif kind < 0.9:
            text = text.translate(str.maketrans("0123456789", chance.choice(["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"])))
        else:
            text = text[:place] + "".join(chance.choice(PIECES) for _ in range(3)) + text[place:]
    return text
