from __future__ import annotations

import json
import pickle

from nabra.article import Article, Mention, Sentence, Speaker, Tone


def test_round_trip_through_json_loses_nothing() -> None:
    speaker = Speaker("عادل بشير", Mention(0, "الوزير", 4, 10), 0.875)
    sentence = Sentence("قال الوزير نعم.", "optimistic", speaker, 0, 15, {"optimistic": 0.9, "cautious": 0.1}, True)
    article = Article("a", (sentence, Sentence("انتهى.", "cautious")), {"title": "خبر", "date": "2020-01-01"})
    assert Article.from_dict(json.loads(json.dumps(article.to_dict()))) == article


def test_unknown_values_are_left_out_of_the_record() -> None:
    record = Article("a", (Sentence("نعم.", "cautious"),)).to_dict()
    assert record == {"id": "a", "sentences": [{"text": "نعم.", "tone": "cautious", "speaker": None}]}


def test_tones_compare_with_plain_strings() -> None:
    assert Tone.OBSTACLE == "obstacle"


def test_articles_pickle() -> None:
    article = Article("a", (Sentence("نعم.", "cautious", scores={"cautious": 1.0}),))
    assert pickle.loads(pickle.dumps(article)) == article
