"""What the library says to those who call it wrongly, and what it does when its callers fail."""

from __future__ import annotations

import datetime
import io
import json
import math
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nabra
from nabra.analyzer import Analyzer
from nabra.article import Article, Mention, Sentence, Speaker
from nabra.config import InferenceConfig, ModelConfig, OptimizerConfig, TrainingConfig
from nabra.decoding import Logits
from nabra.errors import ModelError, NabraError
from nabra.formats import convert, read_labelled, write_labelled
from nabra.labelled import read_predictions
from nabra.prediction import predict_file
from nabra.readers import read_articles
from nabra.records import article_from_text
from nabra.reports import write_report
from nabra.tokenization import Batch, SentenceTokenizer
from nabra.writers import to_json_line
from tests.nabra.test_analyzer import CountingRuntime
from tests.nabra.test_manners import TEXT, python

MENTION = {"sentence": 0, "text": "نص"}


@pytest.fixture
def analyzer(tokenizer: SentenceTokenizer) -> Analyzer:
    return Analyzer(CountingRuntime(), tokenizer, ("long", "short"))


# ---- what is no series of articles ----


@pytest.mark.parametrize(
    "articles",
    [TEXT, TEXT.encode(), Path("a.txt"), None, 5, article_from_text(TEXT), {"text": TEXT}, np.array([[TEXT]])],
)
def test_what_is_no_series_of_articles_is_refused_at_once(analyzer: Analyzer, articles: Any) -> None:
    with pytest.raises(TypeError, match=f"several articles, .* not {type(articles).__name__}; analyze takes one"):
        analyzer.analyze_many(articles)


def test_a_column_is_a_series_and_a_frame_is_none(analyzer: Analyzer) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": [TEXT, None]})
    assert next(analyzer.analyze_many(frame["text"])).sentences
    with pytest.raises(TypeError, match="not DataFrame"):
        analyzer.analyze_many(frame)


def test_what_came_before_a_fault_is_labelled_first(analyzer: Analyzer) -> None:
    def articles() -> Iterator[str]:
        yield from [TEXT] * 3
        raise OSError("the connection broke")

    answers = analyzer.analyze_many(articles())
    assert [len(next(answers).sentences) for _ in range(3)] == [2, 2, 2]
    with pytest.raises(OSError, match="the connection broke"):
        next(answers)


def test_what_is_no_article_among_many_is_counted(analyzer: Analyzer) -> None:
    texts: list[Any] = [TEXT, math.nan]
    answers = analyzer.analyze_many(texts)
    assert next(answers).sentences
    with pytest.raises(TypeError, match=r"articles\[1\]: expected an article as str or nabra.Article, not float"):
        next(answers)


def test_empty_texts_without_end_are_answered(analyzer: Analyzer) -> None:
    assert next(analyzer.analyze_many("" for _ in iter(int, 1))).sentences == ()


def test_an_analyzer_may_be_used_by_what_it_reads(analyzer: Analyzer) -> None:
    texts = (TEXT if analyzer.analyze(TEXT).sentences else "" for _ in range(3))
    assert [len(article.sentences) for article in analyzer.analyze_many(texts)] == [2, 2, 2]


def test_a_model_that_answers_with_no_numbers_is_refused(tokenizer: SentenceTokenizer) -> None:
    class Damaged(CountingRuntime):
        def __call__(self, batch: Batch) -> Logits:
            logits = super().__call__(batch)
            return Logits(logits.tone * np.float32("nan"), logits.source, logits.span)

    with pytest.raises(ModelError, match="its weights are damaged"):
        Analyzer(Damaged(), tokenizer, ("long", "short")).analyze(TEXT)


OUTLIVES = """
import sys, threading
from nabra import Analyzer
analyzer = Analyzer.from_pretrained(runtime="openvino", threads=1)
def work():
    threading.main_thread().join()
    print(len(analyzer.analyze(sys.argv[1]).sentences))
threading.Thread(target=work).start()
"""


def test_a_thread_that_outlives_the_main_one_goes_on() -> None:
    assert python(OUTLIVES, TEXT) == "2\n"


# ---- articles ----


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sentence(None), "Sentence.text: must be str, not NoneType"),
        (lambda: Sentence("نص", start="5"), r"Sentence.start: must be int \| None, not str"),
        (lambda: Sentence("نص", scores=None), "Sentence.scores: must be dict, not NoneType"),
        (lambda: Sentence("نص", speaker="عادل"), r"Sentence.speaker: must be Speaker \| None, not str"),
        (lambda: Speaker("عادل", None), "Speaker.mention: must be Mention, not NoneType"),
        (lambda: Mention("0", "عادل"), "Mention.sentence: must be int, not str"),
        (lambda: Article(7, ()), "Article.id: must be str, not int"),
        (lambda: Article("a", ("نص",)), r"Article.sentences\[0\]: must be Sentence, not str"),
        (lambda: Article("a", "نص"), "Article.sentences: must be tuple, not str"),
        (lambda: Article("a", (), None), "Article.metadata: must be dict, not NoneType"),
        (lambda: Article("a", (), {"id": "b"}), "Article.metadata: 'id' is a field of its own"),
        (
            lambda: Article("a", (Sentence("نص", speaker=Speaker("x", Mention(1, "نص"))),)),
            "1 is no index",
        ),
    ],
)
def test_a_wrong_field_is_named_where_it_is_given(make: Callable[[], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "an article's record: must be a dict, not NoneType"),
        ({"sentences": []}, "an article's record: id: is missing"),
        ({"id": "a", "text": "نص"}, "an article's record: sentences: is missing"),
        ({"id": "a", "sentences": "نص"}, "sentences: must be a list, not str"),
        ({"id": "a", "sentences": ["نص"]}, "a sentence's record: must be a dict, not str"),
        (
            {"id": "a", "sentences": [{"text": "نص", "speaker": {"name": "x"}}]},
            "a speaker's record: mention: is",
        ),
        ({"id": "a", "sentences": [{"text": "نص", "speaker": "x"}]}, "a speaker's record: must be a dict, not str"),
        (
            {"id": "a", "sentences": [{"text": "نص", "speaker": {"name": "x", "role": "y", "mention": MENTION}}]},
            "unexpected keyword argument 'role'",
        ),
    ],
)
def test_a_record_that_is_none_is_named(record: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Article.from_dict(record)


def test_articles_are_told_apart_in_sets() -> None:
    article = Article("a", (Sentence("نص", "long", scores={"long": 1.0}),), {"title": "خبر"})
    assert len({article, Article.from_dict(article.to_dict()), Article("b", article.sentences)}) == 2
    assert Article("a", list(article.sentences), article.metadata) == article


def test_metadata_of_any_kind_becomes_json() -> None:
    values = {
        "nan": math.nan,
        "inside": [1.5, {"far": -math.inf}],
        "numpy": np.int64(3),
        "day": datetime.date(2020, 1, 2),
        "true": True,
    }
    article = Article("a", (Sentence("نص"),), values)
    plain = {"nan": None, "inside": [1.5, {"far": None}], "numpy": 3, "day": "2020-01-02", "true": True}
    assert json.loads(json.dumps(article.to_dict(), allow_nan=False)) == article.to_dict()
    assert Article.from_dict(json.loads(to_json_line(article))).metadata == plain


def test_numbers_that_json_lacks_do_not_spoil_an_output(analyzer: Analyzer, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"text": [TEXT], "views": [math.nan]}), tmp_path / "in.parquet")
    predict_file(analyzer, [str(tmp_path / "in.parquet")], str(tmp_path / "out.jsonl"))
    (article,) = read_predictions(str(tmp_path / "out.jsonl"))
    assert article.metadata == {"views": None}


# ---- files ----


@pytest.mark.parametrize("inputs", ["articles", Path("articles"), b"articles"])
def test_one_path_is_not_many(inputs: Any) -> None:
    with pytest.raises(TypeError, match=r"several paths, such as \[.*articles.*\], not one"):
        read_articles(inputs)


@pytest.mark.parametrize("item", [None, 5, b"a.txt", io.StringIO("نص")])
def test_what_is_no_path_is_named(item: Any) -> None:
    with pytest.raises(TypeError, match=f"expected a path as str or Path, not {type(item).__name__}"):
        read_articles([item])


def test_an_empty_name_is_not_the_current_folder() -> None:
    with pytest.raises(NabraError, match="empty name"):
        read_articles([""])


def test_paths_may_be_strings(labelled: list[Article], tmp_path: Path) -> None:
    own, tasks, page = (str(tmp_path / name) for name in ("own.jsonl", "tasks.json", "page.html"))
    write_labelled(labelled, own)
    assert list(read_labelled(own)) == labelled == list(read_predictions(own))
    assert convert(own, tasks, "nabra", "label-studio") == len(labelled)
    assert write_report(labelled, page).articles == len(labelled)


def test_what_there_is_not_is_named(labelled: list[Article], tmp_path: Path) -> None:
    unknown: Any = "klingon"
    for call in (
        lambda: read_labelled(tmp_path / "x", unknown),
        lambda: write_labelled(labelled, tmp_path / "x", unknown),
        lambda: convert(tmp_path / "x", tmp_path / "y", "nabra", unknown),
        lambda: write_report(labelled, tmp_path / "x", unknown),
    ):
        with pytest.raises(ValueError, match="'klingon' is no"):
            call()
    assert not list(tmp_path.iterdir())


def test_a_report_needs_tones(tmp_path: Path) -> None:
    with pytest.raises(NabraError, match=r"article 'a': has sentences without a tone; label it with Analyzer\.analyze"):
        write_report([article_from_text(TEXT, "a")], tmp_path / "page.html")


def test_frames_are_of_articles(labelled: list[Article]) -> None:
    pytest.importorskip("pandas")
    wrong: list[tuple[Any, Any, str]] = [
        (labelled[0], (), "takes several articles"),
        ([TEXT], (), "expected a nabra.Article, not str"),
        (labelled, "date", r"several names, such as \['date'\]"),
    ]
    for articles, metadata, message in wrong:
        with pytest.raises(TypeError, match=message):
            nabra.to_pandas(articles, metadata)


# ---- settings ----


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InferenceConfig(min_confidence="0.7"), "inference.min_confidence: must be a number, got '0.7'"),
        (lambda: InferenceConfig(min_confidence=None), "inference.min_confidence: must be a number, got None"),
        (lambda: InferenceConfig(threads=True), "inference.threads: must be a whole number, got True"),
        (lambda: InferenceConfig(threads=2**31), "inference.threads: must lie between"),
        (lambda: ModelConfig(tones="abc"), "model.tones: must be a list of names"),
        (lambda: ModelConfig(tones=[1, 2]), "model.tones: must be a list of names"),
        (lambda: ModelConfig(max_tokens=1.5), "model.max_tokens: must be a whole number"),
        (lambda: OptimizerConfig(learning_rate="1e-5"), "optimizer.learning_rate: must be a number, got '1e-5'"),
        (lambda: TrainingConfig(resume="no"), "training.resume: must be true or false, got 'no'"),
    ],
)
def test_a_setting_of_another_type_is_named(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_name_of_a_model_that_no_system_takes_is_no_directory() -> None:
    with pytest.raises(ModelError, match="no such directory"):
        Analyzer.from_pretrained("x" * 5000)


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import nabra
from nabra import *
print(sorted(name for name in dir(nabra) if name[0].isupper() and getattr(nabra, name) is None))
try:
    nabra.NabraModel
except nabra.NabraError as error:
    print(error)
"""


def test_the_base_install_can_be_looked_through() -> None:
    assert python(WITHOUT_TORCH) == "[]\nnabra.NabraModel needs torch: pip install 'nabra[train]'\n"


@pytest.mark.parametrize("package", ["nabra", "nabra_train"])
def test_type_checkers_may_read_the_packages(package: str) -> None:
    assert resources.files(package).joinpath("py.typed").is_file()
