"""CoNLL: a token a line with its tag, a blank line after each sentence, and what has no token as comments.

    # newdoc id = w1-012
    # metadata = {"title": "…"}
    # text = وقال وزير الري عادل بشير إن المحادثات تقدمت.
    # tone = optimistic
    # speaker = 0:0 عادل بشير
    وقال	O
    وزير	B-SPEAKER
    …

The comments are those of CoNLL-U and a few more. Tags are IOB2 and mark the mentions; `# speaker = 4:1 عادل بشير` means
the mention numbered 1 in sentence 4, both from 0. Tokens are words and single marks, cut where a mention begins or ends
(«و» of «ووزير الري»). Mentions cannot overlap.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

from nabra.article import Article, plain
from nabra.errors import NabraError
from nabra.formats.drawing import located

TYPE = "SPEAKER"
_TOKEN = re.compile(r"[\w\u0610-\u061a\u064b-\u065f\u0670]+|\S")
_COMMENT = re.compile(r"# (newdoc id|metadata|text|tone|speaker) = (.*)", re.DOTALL)
_SPEAKER = re.compile(r"(\d{1,9}):(\d{1,9}) (.+)", re.DOTALL)

Place = tuple[int, int]


def write(articles: Iterable[Article], file: TextIO) -> None:
    """Write sentences with tokens and tags."""
    for article in articles:
        mentions = _mentions(article)
        file.write(f"# newdoc id = {article.id}\n")
        if article.metadata:
            file.write(f"# metadata = {json.dumps(plain(article.metadata), ensure_ascii=False)}\n")
        for index, sentence in enumerate(article.sentences):
            file.write(f"# text = {sentence.text}\n# tone = {sentence.tone}\n")
            if sentence.speaker is not None:
                mention = sentence.speaker.mention
                number = mentions[mention.sentence].index(located(article, mention))
                file.write(f"# speaker = {mention.sentence}:{number} {sentence.speaker.name}\n")
            file.writelines(f"{token}\t{tag}\n" for token, tag in _tagged(sentence.text, mentions[index]))
            file.write("\n")


def _mentions(article: Article) -> list[list[Place]]:
    """Where the mentions of each sentence lie, in order."""
    places: list[set[Place]] = [set() for _ in article.sentences]
    for sentence in article.sentences:
        if sentence.speaker is not None:
            mention = sentence.speaker.mention
            places[mention.sentence].add(located(article, mention))
    ordered = [sorted(found) for found in places]
    for index, found in enumerate(ordered):
        if any(first[1] > second[0] for first, second in pairwise(found)):
            raise NabraError(
                f"article {article.id!r}: sentences[{index}]: has mentions that overlap, which CoNLL cannot hold; "
                "use label-studio"
            )
    return ordered


def _tagged(text: str, mentions: list[Place]) -> Iterator[tuple[str, str]]:
    """Tokens and tags of a sentence."""
    edges = sorted({edge for mention in mentions for edge in mention})
    begun: set[Place] = set()
    for token in _TOKEN.finditer(text):
        cuts = [token.start(), *(edge for edge in edges if token.start() < edge < token.end()), token.end()]
        for start, end in pairwise(cuts):
            mention = next((place for place in mentions if place[0] <= start < place[1]), None)
            tag = "O" if mention is None else f"{'I' if mention in begun else 'B'}-{TYPE}"
            begun |= {mention} if mention else set()
            yield text[start:end], tag


@dataclass(slots=True)
class _Block:
    """The lines of a sentence."""

    where: str
    comments: dict[str, str] = field(default_factory=dict)
    tokens: list[tuple[str, str, str]] = field(default_factory=list)
    """Place, token and tag."""


def read(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read sentences with tokens and tags."""
    article: list[_Block] = []
    for block in _blocks(path):
        if "newdoc id" in block.comments and article:
            yield article[0].where, _record(article)
            article = []
        article.append(block)
    if article:
        yield article[0].where, _record(article)


def _blocks(path: Path) -> Iterator[_Block]:
    block: _Block | None = None
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            end = "\n"
            for number, line in enumerate(file, 1):
                end = "\r\n" if number == 1 and line.endswith("\r\n") else end  # as Windows writes it
                where, line = f"{path}:{number}", line.removesuffix(end)
                if not line.strip():
                    if block is not None:
                        yield block
                    block = None
                    continue
                block = block or _Block(where)
                _read_line(block, line, where)
    except (OSError, UnicodeDecodeError) as error:
        raise NabraError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if block is not None:
        yield block


def _read_line(block: _Block, line: str, where: str) -> None:
    if comment := _COMMENT.fullmatch(line):
        block.comments[comment[1]] = comment[2]
    elif line.startswith("# "):
        pass  # other tools' comments
    elif line.count("\t") == 1 and (tag := line.rsplit("\t")[1]) in ("O", f"B-{TYPE}", f"I-{TYPE}"):
        block.tokens.append((where, line.split("\t")[0], tag))
    else:
        raise NabraError(f"{where}: expected a token, a tab, and O, B-{TYPE} or I-{TYPE}")


def _record(blocks: list[_Block]) -> dict[str, Any]:
    head = blocks[0].comments
    for block in blocks:
        if missing := [key for key in ("text", "tone") if key not in block.comments]:
            raise NabraError(f"{block.where}: the sentence lacks '# {missing[0]} = …'")
    if "newdoc id" not in head:
        raise NabraError(f"{blocks[0].where}: the first sentence of an article begins with '# newdoc id = …'")
    try:
        metadata = dict(json.loads(head.get("metadata", "{}")))
    except (TypeError, ValueError, RecursionError) as error:
        raise NabraError(f"{blocks[0].where}: metadata: must be a JSON object ({error})") from error
    mentions = [_marked(block) for block in blocks]
    meant = {found.groups()[:2] for block in blocks if (found := _SPEAKER.fullmatch(block.comments.get("speaker", "")))}
    for index, (block, marked) in enumerate(zip(blocks, mentions)):
        for number, mention in enumerate(marked):
            if (str(index), str(number)) not in meant:
                raise NabraError(
                    f"{block.where}: no sentence has the tagged mention «{mention}» for its speaker; write "
                    f"'# speaker = {index}:{number} NAME' to each that it speaks in, or make its tags O"
                )
    sentences = [
        {"text": block.comments["text"], "tone": block.comments["tone"], "speaker": _speaker(block, mentions)}
        for block in blocks
    ]
    return {"id": head["newdoc id"], **metadata, "sentences": sentences}


def _marked(block: _Block) -> list[str]:
    """The mentions that the tags of a sentence mark, verbatim."""
    text, last, before = block.comments["text"], 0, "O"
    places: list[Place] = []
    for where, token, tag in block.tokens:
        start = text.find(token, last)
        if start < 0:
            raise NabraError(f"{where}: {token!r} does not follow in '# text'; change no tokens, tags alone")
        last = start + len(token)
        if tag[0] == "B":
            places.append((start, last))
        elif tag[0] == "I":
            if before == "O":
                raise NabraError(f"{where}: {tag} goes on with nothing; begin a mention with B-{TYPE}")
            places[-1] = (places[-1][0], last)
        before = tag
    return [text[start:end] for start, end in places]


def _speaker(block: _Block, mentions: list[list[str]]) -> dict[str, Any] | None:
    if (given := block.comments.get("speaker")) is None:
        return None
    found = _SPEAKER.fullmatch(given)
    if found is None or int(found[2]) >= len(mentions[int(found[1])] if int(found[1]) < len(mentions) else ()):
        raise NabraError(
            f"{block.where}: '# speaker = {given}': expected sentence:mention and a name, of a mention that is tagged"
        )
    index = int(found[1])
    return {"name": found[3], "mention": {"sentence": index, "text": mentions[index][int(found[2])]}}
