#!/usr/bin/env python3
"""Finds exposed keys in a column of a data set with Dask.

    python dask_scan.py 's3://lake/prompts/*.parquet' --column prompt --keep id --out s3://lake/found

Each worker needs the `leeward` wheel. What is written says where values lie and never
holds them; what `--keep` names is written too, so name what tells a row from others and
holds no text.
"""

import argparse

import dask
import dask.dataframe as dd
import leeward
import pandas
import pyarrow


def find(part, column, keep, detector):
    """Runs on the workers, over one partition."""
    batch = pyarrow.RecordBatch.from_pandas(part, preserve_index=False)
    found = list(leeward.scan_record_batches([batch], column, keep=keep, detector=detector))
    if not found:
        return nothing(part, keep, detector)
    return found[0].to_pandas()


def nothing(part, keep, detector):
    """No findings, with the columns that findings have."""
    found = detector.scan_batch([]).to_arrow().to_pandas()
    columns = [part[name].iloc[:0].reset_index(drop=True) for name in keep]
    columns += [found[name] for name in found.columns]
    return pandas.concat(columns, axis=1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="what to read")
    parser.add_argument("--format", default="parquet", choices=["parquet", "json"])
    parser.add_argument("--column", required=True, help="the column that holds texts")
    parser.add_argument("--keep", action="append", default=[], help="a column to write too")
    parser.add_argument("--confidence", default="medium", choices=["high", "medium", "low"])
    parser.add_argument("--out", required=True, help="directory that findings are written to")
    parser.add_argument("--scheduler", help="address of a cluster; else threads of this machine")
    return parser.parse_args()


def main():
    args = arguments()
    if args.scheduler:
        from distributed import Client

        Client(args.scheduler)
    else:
        # Scans leave the interpreter free, so that threads are enough.
        dask.config.set(scheduler="threads")
    if args.format == "parquet":
        frame = dd.read_parquet(args.path, columns=[*args.keep, args.column])
    else:
        frame = dd.read_json(args.path, lines=True)[[*args.keep, args.column]]
    detector = leeward.Detector(args.confidence)
    found = frame.map_partitions(
        find,
        args.column,
        args.keep,
        detector,
        meta=nothing(frame._meta, args.keep, detector),
    )
    found.to_parquet(args.out, write_index=False)


if __name__ == "__main__":
    main()
