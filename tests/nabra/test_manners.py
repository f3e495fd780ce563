"""How the library behaves inside other people's programs: threads, forks, other processes, and what it leaves alone.

With the shipped model alone, so that the tests run wherever the base install does.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.errors import ModelError, NabraError
from nabra.readers import read_articles

SEEDS = Path(__file__).parents[2] / "seeds" / "articles"
TEXT = "قال وزير الري السوداني عادل بشير إن المحادثات بدأت.\nوأضاف أنها ستطول أسبوعا كاملا على الأقل.\n"
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system has no /proc")


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Analyzer]:
    with Analyzer.from_pretrained(runtime="openvino", threads=2) as analyzer:
        yield analyzer


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return list(read_articles([SEEDS]))


def python(code: str, *arguments: str, **environment: str) -> str:
    """What a program of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
        check=True,
        timeout=300,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def test_eight_threads_share_an_analyzer(analyzer: Analyzer, articles: list[Article]) -> None:
    expected = list(map(analyzer.analyze, articles))
    with ThreadPoolExecutor(8) as pool:
        rounds = [pool.submit(lambda: list(map(analyzer.analyze, articles))) for _ in range(8)]
        assert all(answers.result(timeout=300) == expected for answers in rounds)


def test_a_server_awaits_answers_from_threads(analyzer: Analyzer) -> None:
    async def serve() -> list[Article]:
        return await asyncio.gather(*(asyncio.to_thread(analyzer.analyze, TEXT * n) for n in range(1, 9)))

    assert asyncio.run(serve()) == [analyzer.analyze(TEXT * n) for n in range(1, 9)]


def in_a_fork(run: object) -> int:
    """The exit status of a forked process that runs a function; a hang ends it."""
    child = os.fork()
    if not child:
        signal.alarm(120)
        status = 1
        try:
            run()
            gc.collect()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@needs_fork
def test_a_forked_process_labels_too(analyzer: Analyzer, articles: list[Article]) -> None:
    expected = list(map(analyzer.analyze, articles))

    def child() -> None:
        assert list(map(analyzer.analyze, articles)) == expected

    assert in_a_fork(child) == 0
    assert list(map(analyzer.analyze, articles)) == expected


@needs_fork
def test_what_cannot_go_on_after_a_fork_says_so(analyzer: Analyzer) -> None:
    model = analyzer._loaded()
    made_by_hand = Analyzer(model.runtime, model.tokenizer, analyzer.tones)
    begun = analyzer.analyze_many([TEXT] * 2000)
    next(begun)

    def child() -> None:
        with pytest.raises(ModelError, match="made before the process forked"):
            made_by_hand.analyze(TEXT)
        with pytest.raises(ModelError, match="while articles were on the way"):
            list(begun)

    assert in_a_fork(child) == 0
    begun.close()


FORKED_AND_LEFT = """
import os, signal, sys
from nabra import Analyzer
analyzer = Analyzer.from_pretrained(runtime="openvino", threads=2)
analyzer.analyze("قال الوزير إن المفاوضات أحرزت تقدما.")
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
signal.alarm(120)
analyzer = None
"""


@needs_fork
def test_a_forked_process_ends_though_it_drops_the_analyzer() -> None:
    python(FORKED_AND_LEFT)


def label(analyzer: Analyzer, text: str) -> Article:
    return analyzer.analyze(text)


def test_another_process_takes_a_pickled_analyzer(analyzer: Analyzer) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(label, analyzer, TEXT).result(timeout=300) == analyzer.analyze(TEXT)


def test_a_copy_keeps_the_settings() -> None:
    analyzer = Analyzer.from_pretrained(threads=1, batch_tokens=64, min_confidence=0.999)
    assert copy.deepcopy(analyzer).analyze(TEXT) == analyzer.analyze(TEXT)
    assert any(sentence.undecided for sentence in copy.deepcopy(analyzer).analyze(TEXT).sentences)


def test_what_cannot_be_pickled_says_so(analyzer: Analyzer) -> None:
    model = analyzer._loaded()
    with pytest.raises(ModelError, match=r"made by Analyzer\.from_pretrained"):
        pickle.dumps(Analyzer(model.runtime, model.tokenizer, analyzer.tones))


def test_a_closed_analyzer_says_so() -> None:
    with Analyzer.from_pretrained(threads=1) as analyzer:
        assert analyzer.analyze(TEXT).sentences
    analyzer.close()
    with pytest.raises(NabraError, match="the analyzer is closed"):
        analyzer.analyze(TEXT)


@needs_proc
def test_twenty_analyzers_leave_nothing_behind() -> None:
    def held() -> tuple[int, ...]:
        gc.collect()
        return (*(len(os.listdir(f"/proc/self/{kind}")) for kind in ("fd", "task")), len(threading.enumerate()))

    def use(close: bool) -> None:
        analyzer = Analyzer.from_pretrained(threads=1)
        analyzer.analyze(TEXT)
        if close:
            analyzer.close()

    use(close=True)
    before = held()
    for number in range(20):
        use(close=number % 2 == 0)
    assert all(after <= start + 2 for start, after in zip(before, held()))


STATE = """
import locale, logging, os, random, signal, sys, threading, warnings
import numpy as np

def state():
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "warnings": list(warnings.filters),
        "logging": (logging.root.level, list(logging.root.handlers), logging.getLogger("nabra").handlers),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "seeds": (random.getstate(), str(np.random.get_state())),
        "numpy": (np.geterr(), np.get_printoptions()),
        "locale": locale.setlocale(locale.LC_ALL),
        "hooks": (sys.excepthook, sys.displayhook, threading.excepthook),
        "cores": os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None,
        "limits": (sys.getrecursionlimit(), sys.getswitchinterval(), threading.active_count()),
        "blocked": [name for name, module in sys.modules.items() if module is None],
        **torch_state(),
    }

def torch_state():
    if sys.argv[1] != "torch":
        return {}
    import torch, transformers
    from transformers.models.bert import modeling_bert  # libraries change things when they are imported
    threads = (torch.get_num_threads(), torch.get_num_interop_threads())
    return {"torch": (threads, torch.get_default_dtype(), torch.initial_seed(), torch.is_grad_enabled())}

state()
before = state()
from nabra import Analyzer
Analyzer.from_pretrained(runtime=sys.argv[1], threads=2).analyze(sys.argv[2])
after = state()
changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
assert not changed, changed
"""


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_nothing_of_the_process_is_changed(runtime: str) -> None:
    if runtime == "torch":
        pytest.importorskip("torch")
    assert python(STATE, runtime, TEXT) == ""


SEEDED = """
import json, sys
from nabra import Analyzer
from nabra.readers import read_articles
analyzer = Analyzer.from_pretrained(runtime="openvino", threads=1)
print(json.dumps([article.to_dict() for article in analyzer.analyze_many(read_articles([sys.argv[1]]))]))
"""


def test_neither_hash_seed_nor_process_changes_an_answer(analyzer: Analyzer, articles: list[Article]) -> None:
    expected = [article.to_dict() for article in analyzer.analyze_many(articles)]
    for seed in "1", "2":
        assert json.loads(python(SEEDED, str(SEEDS), PYTHONHASHSEED=seed)) == expected
