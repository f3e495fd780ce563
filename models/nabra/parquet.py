"""Labelled articles as Parquet: what the input said of them is JSON, for every input says something else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nabra.errors import NabraError
from nabra.files import import_pyarrow
from nabra.writers import partial_path, writing

BATCH = 256
"""Articles that are in memory at a time."""


def write_parquet(articles: Iterable[dict[str, Any]], path: Path) -> None:
    """Write articles, as `Article.to_dict` gives them, in one step.

    Args:
        articles: They are all held in memory.
        path: The file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    mention = {"sentence": pa.int32(), "text": pa.string(), "start": pa.int32(), "end": pa.int32()}
    speaker = {"name": pa.string(), "score": pa.float64(), "mention": pa.struct(mention)}
    sentence = {
        "text": pa.string(),
        "tone": pa.string(),
        "speaker": pa.struct(speaker),
        "start": pa.int32(),
        "end": pa.int32(),
        "scores": pa.map_(pa.string(), pa.float64()),
        "truncated": pa.bool_(),
        "undecided": pa.bool_(),
    }
    schema = pa.schema({"id": pa.string(), "metadata": pa.string(), "sentences": pa.list_(pa.struct(sentence))})
    rows = [
        {
            "id": article["id"],
            "metadata": json.dumps({k: v for k, v in article.items() if k not in ("id", "sentences")}),
            "sentences": [
                {"truncated": False, "undecided": False, **s, "scores": list(s["scores"].items())}
                for s in article["sentences"]
            ],
        }
        for article in articles
    ]
    staged = partial_path(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.Table.from_pylist(rows, schema=schema), staged)
        os.replace(staged, path)


def read_parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and record of each article of a file that `write_parquet` wrote.

    Raises:
        NabraError: Naming the file, and the row of what is no labelled article.
    """
    pyarrow = import_pyarrow(path)
    from pyarrow import parquet

    number = 0
    try:
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, _record(row)
    except (pyarrow.ArrowException, OSError) as error:
        raise NabraError(f"{path}: not a Parquet file ({error})") from error
    except (KeyError, TypeError, ValueError) as error:
        raise NabraError(
            f"{path}: row {number}: is no article as 'nabra predict --format parquet' writes it"
        ) from error


def _record(row: dict[str, Any]) -> dict[str, Any]:
    sentences = [{**sentence, "scores": dict(sentence["scores"])} for sentence in row["sentences"]]
    return {**json.loads(row["metadata"]), "id": row["id"], "sentences": sentences}
