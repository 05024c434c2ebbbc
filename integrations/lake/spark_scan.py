#!/usr/bin/env python3
"""Finds exposed keys in a column of a data set with Spark.

    spark-submit spark_scan.py s3a://lake/prompts --column prompt --keep id --out s3a://lake/found

Each executor needs the `leeward` wheel and `pyarrow`. What is written says where values
lie and never holds them; what `--keep` names is written too, so name what tells a row from
others and holds no text.
"""

import argparse
import os
import sys
from functools import partial

from pyspark.sql import SparkSession
from pyspark.sql.types import (
    FloatType,
    LongType,
    StringType,
    StructField,
    StructType,
)

FOUND = [
    *((name, LongType()) for name in ("row", "start", "end", "line", "column")),
    *((name, StringType()) for name in ("dossier", "title", "confidence")),
    ("score", FloatType()),
    *((name, StringType()) for name in ("fingerprint", "hint", "severity")),
]


def find(batches, column, keep, confidence):
    """Runs on the executors, over the record batches of one partition."""
    import leeward

    return leeward.scan_record_batches(batches, column, keep=keep, confidence=confidence)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", help="what to read")
    parser.add_argument("--format", default="parquet", help="parquet, json, text, orc, …")
    parser.add_argument("--column", required=True, help="the column that holds texts")
    parser.add_argument("--keep", action="append", default=[], help="a column to write too")
    parser.add_argument("--confidence", default="medium", choices=["high", "medium", "low"])
    parser.add_argument("--out", required=True, help="where findings are written")
    parser.add_argument("--out-format", default="parquet", choices=["parquet", "json"])
    parser.add_argument("--master", help="such as local[2]; else what spark-submit says")
    return parser.parse_args()


def main():
    args = arguments()
    builder = SparkSession.builder.appName("leeward")
    if args.master:
        # Executors on this machine are to have this very Python.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.master(args.master).config("spark.ui.enabled", "false")
    spark = builder.getOrCreate()
    frame = spark.read.format(args.format).load(args.paths)
    frame = frame.select(*args.keep, args.column)
    kept = [field for field in frame.schema.fields if field.name in args.keep]
    schema = StructType(kept + [StructField(name, kind) for name, kind in FOUND])
    look = partial(
        find, column=args.column, keep=args.keep, confidence=args.confidence
    )
    found = frame.mapInArrow(look, schema)
    found.write.format(args.out_format).save(args.out)
    spark.stop()


if __name__ == "__main__":
    main()
