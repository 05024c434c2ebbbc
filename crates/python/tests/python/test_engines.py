"""The recipes for engines, run as they are documented, over files with keys in them."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from keys import key, line

RECIPES = Path(os.environ["LEEWARD_RECIPES"])
ROWS = 3_000


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Parquet files, and the keys in them by the row's id."""
    folder = tmp_path_factory.mktemp("lake")
    keys = {f"id-{row}": key() for row in range(0, ROWS, 97)}
    nothing = "a prompt about the weather\n" * 20
    rows = [f"id-{row}" for row in range(ROWS)]
    texts = [nothing + (line(keys[it]) if it in keys else "") for it in rows]
    table = pa.table({"id": rows, "secret": texts, "n": range(ROWS)})
    for part in range(3):
        size = ROWS // 3
        pq.write_table(table.slice(part * size, size), folder / f"part-{part}.parquet")
    return folder, keys


def run(recipe, *arguments):
    command = [sys.executable, str(RECIPES / recipe), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-4_000:]
    return done.stdout + done.stderr


def check(out, keys, said):
    found = pq.read_table(out).to_pylist()
    assert {row["id"] for row in found} == set(keys) and len(found) == len(keys)
    for row in found:
        assert (row["dossier"], row["line"]) == ("mistral-api-key", 21)
        assert row["hint"][:4] == keys[row["id"]][:4] and "secret" not in row
    written = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    for value in keys.values():
        assert value not in said and not any(value.encode() in text for text in written)


def test_spark(lake, tmp_path):
    folder, keys = lake
    out = tmp_path / "found"
    more = ["--column", "secret", "--keep", "id", "--master", "local[2]"]
    said = run("spark_scan.py", folder, *more, "--out", out)
    check(out, keys, said)


def test_dask(lake, tmp_path):
    folder, keys = lake
    out = tmp_path / "found"
    said = run("dask_scan.py", folder, "--column", "secret", "--keep", "id", "--out", out)
    check(out, keys, said)


def test_ray(lake, tmp_path):
    folder, keys = lake
    out = tmp_path / "found"
    said = run("ray_scan.py", folder, "--column", "secret", "--keep", "id", "--out", out)
    check(out, keys, said)
