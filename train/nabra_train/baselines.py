"""What a model must beat: the majority, TF-IDF with logistic regression, and a rule of cue verbs."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from nabra.article import Article, Source
from nabra.speakers import Attribution, resolve_speakers
from nabra.words import fold

SPEECH_VERBS = (
    "قال قالت يقول تقول أكد أكدت أضاف أضافت أوضح أوضحت أعلن أعلنت ذكر ذكرت صرح صرحت أشار أشارت اعتبر اعتبرت "
    "شدد شددت رأى رأت يرى ترى لفت دعا دعت حذر حذرت كشف كشفت أعرب أعربت وصف وصفت تابع تابعت بين نفى نفت اتهم "
    "اتهمت أردف استطرد زاد"
).split()
VERB = rf"(?:^|\s|[\"«“])و?(?:{'|'.join(SPEECH_VERBS)})"
NO_SUBJECT = r"(?:[أإا]ن(?:ه|ها|هم)?|بأن(?:ه|ها)?|إلى|على|عن|من|في)\b"
CUE = re.compile(rf"{VERB}\s+(?!\s|{NO_SUBJECT})(?P<subject>[^\"«»“”:،.]+)")
CLAUSE = re.compile(r"\s(?:إن|أن|ان|بأن|إلى|على|عن|من|في)\s")
"""Ends a subject inside what a cue finds."""
GOING_ON = re.compile(rf"{VERB}\s*(?:{NO_SUBJECT}|[\"«“:])")
SOURCING = re.compile(r"(?<!\w)[وف]?(?:وفقا ل|(?:وفق|بحسب|حسب|نقلا عن)\s)\s*(?P<subject>[^\"«»“”:،.]+)")
LONGEST_SUBJECT = 8
"""Words; a longer match is no subject."""


class Majority:
    """The most frequent tone, and nobody speaking."""

    def __init__(self, articles: Sequence[Article]) -> None:
        tones = Counter(sentence.tone for article in articles for sentence in article.sentences)
        self._tone = tones.most_common(1)[0][0]

    def analyze_many(self, articles: Iterable[Article]) -> Iterator[Article]:
        """Label articles."""
        for article in articles:
            sentences = (dataclasses.replace(s, tone=self._tone, speaker=None) for s in article.sentences)
            yield dataclasses.replace(article, sentences=tuple(sentences))


class WordsAndCues:
    """TF-IDF and logistic regression for the tone; speech verbs and their subjects for the speaker."""

    def __init__(self, articles: Sequence[Article]) -> None:
        sentences = [sentence for article in articles for sentence in article.sentences]
        self._tone: Pipeline = make_pipeline(
            TfidfVectorizer(preprocessor=fold, ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            LogisticRegression(C=10, max_iter=1000, class_weight="balanced"),
        )
        self._tone.fit([s.text for s in sentences], [s.tone for s in sentences])

    def analyze_many(self, articles: Iterable[Article]) -> Iterator[Article]:
        """Label articles."""
        for article in articles:
            texts = [sentence.text for sentence in article.sentences]
            speakers = resolve_speakers(texts, [attribute(text) for text in texts])
            labels = zip(article.sentences, self._tone.predict_proba(texts), speakers, strict=True)
            sentences = []
            for sentence, probabilities, speaker in labels:
                scores = dict(zip(self._tone.classes_, map(float, probabilities), strict=True))
                tone = max(scores, key=scores.__getitem__)
                sentences.append(dataclasses.replace(sentence, tone=tone, scores=scores, speaker=speaker))
            yield dataclasses.replace(article, sentences=tuple(sentences))


def attribute(text: str) -> Attribution:
    """The speaker by rule: the subject of a speech verb, or whom the sentence is sourced to."""
    start, end = _subject(text)
    if start < end and len(text[start:end].split()) <= LONGEST_SUBJECT:
        return Attribution(Source.HERE, start, end)
    return Attribution(Source.CONTINUES if GOING_ON.search(text) else Source.NONE)


def _subject(text: str) -> tuple[int, int]:
    """Where the subject stands, in time linear in the length of the text; nowhere where there is none."""
    for found in CUE.finditer(text):
        start, stop = found.span("subject")
        if (clause := CLAUSE.search(text, start, stop)) is not None:
            stop = clause.start()
        elif text.startswith(("»", "”"), stop):
            continue  # a quotation that began before the verb ends here
        return start, start + len(text[start:stop].rstrip())
    found_source = SOURCING.search(text)
    return found_source.span("subject") if found_source else (0, 0)
