"""Labels ever new articles for a while, and watches that memory and open files stay where they are.

python scripts/soak.py --minutes 60

The articles are put together at random from the sentences of `seeds/`, with lengths that keep changing, and a hundredth
of them is odd: empty, endless, without Arabic. After the warm-up the first fifth of the time is compared with
the last, by medians: exit code 1 if memory has grown by more than `--growth` MiB, or if files or threads stay open.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from nabra import Analyzer
from nabra.cli import guard
from nabra.errors import NabraError

SEEDS = Path(__file__).parents[1] / "seeds"
ODD = ["", "\n" * 500, "no Arabic at all. " * 50, "قال الوزير " * 20_000, "«" * 3000, "؟!… " * 2000]


def articles(numbers: random.Random) -> Iterator[str]:
    """Text without end."""
    lines = [line for path in sorted(SEEDS.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    words = [word for line in lines for sentence in json.loads(line)["sentences"] for word in sentence["text"].split()]
    while True:
        if numbers.random() < 0.01:
            yield numbers.choice(ODD)
            continue
        starts = (numbers.randrange(len(words)) for _ in range(numbers.randint(1, 40)))
        yield "\n".join(" ".join(words[start : start + numbers.randint(1, 120)]) + "." for start in starts)


def held() -> tuple[int, int, int]:
    """MiB of memory, open files and threads of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    files, threads = (len(os.listdir(f"/proc/self/{kind}")) for kind in ("fd", "task"))
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20, files, threads


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="how long")
    parser.add_argument("--warm_up", type=float, default=0.2, help="share of the time in which memory may grow freely")
    parser.add_argument("--growth", type=float, default=64, help="MiB that it may grow by afterwards")
    parser.add_argument("--threads", type=int, default=1, help="processor threads; 0 for all cores")
    parser.add_argument("--model", default="", help="directory of a model; the shipped one without it")
    parser.add_argument("--seed", type=int, default=0, help="of the articles")
    own = parser.parse_args()
    if not own.minutes > 0 or not 0 <= own.warm_up < 1:
        raise NabraError("--minutes must be greater than 0, --warm_up at least 0 and less than 1")
    analyzer = Analyzer.from_pretrained(own.model, threads=own.threads)
    begin = shown = time.monotonic()
    seen: list[tuple[int, int, int]] = []
    sentences = 0
    print("| minute | articles | sentences | memory, MiB | files | threads |\n| --: | --: | --: | --: | --: | --: |")
    # One by one, for a thread pool is made and left each time.
    for done, text in enumerate(articles(random.Random(own.seed)), 1):
        sentences += len(analyzer.analyze(text).sentences)
        now = time.monotonic()
        minute = (now - begin) / 60
        if minute >= own.warm_up * own.minutes:
            seen.append(held())
        if now - shown >= own.minutes * 60 / 20 or minute >= own.minutes:
            shown = now
            print(f"| {minute:.1f} | {done:,} | {sentences:,} | {' | '.join(map(str, held()))} |", flush=True)
        if minute >= own.minutes:
            break
    fifth = -(-len(seen) // 5)
    grown, files, threads = (round(median(each[-fifth:]) - median(each[:fifth])) for each in zip(*seen))
    print(f"after the warm-up: {grown:+} MiB, {files:+} files, {threads:+} threads")
    return int(grown > own.growth or files > 0 or threads > 0)


if __name__ == "__main__":
    sys.exit(guard("soak.py", main))
