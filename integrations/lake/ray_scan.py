#!/usr/bin/env python3
"""Finds exposed keys in a column of a data set with Ray Data.

    python ray_scan.py s3://lake/prompts --column prompt --keep id --out s3://lake/found

Each node needs the `leeward` wheel. What is written says where values lie and never holds
them; what `--keep` names is written too, so name what tells a row from others and holds no
text.
"""

import argparse

import pyarrow
import ray


class Find:
    """Runs on the workers: one detector for each, and one table after the other."""

    def __init__(self, column, keep, confidence):
        import leeward

        self.scan = leeward.scan_record_batches
        self.detector = leeward.Detector(confidence)
        self.column, self.keep = column, keep

    def __call__(self, table):
        kept = [table.schema.field(name) for name in self.keep]
        schema = pyarrow.schema([*kept, *self.detector.scan_batch([]).to_arrow().schema])
        found = self.scan(
            table.to_batches(), self.column, keep=self.keep, detector=self.detector
        )
        return pyarrow.Table.from_batches(found, schema)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", help="what to read")
    parser.add_argument("--format", default="parquet", choices=["parquet", "json"])
    parser.add_argument("--column", required=True, help="the column that holds texts")
    parser.add_argument("--keep", action="append", default=[], help="a column to write too")
    parser.add_argument("--confidence", default="medium", choices=["high", "medium", "low"])
    parser.add_argument("--out", required=True, help="directory that findings are written to")
    parser.add_argument("--workers", type=int, default=1, help="detectors at work, with a core each; reading needs one more")
    parser.add_argument("--address", help="of a cluster; else this machine")
    return parser.parse_args()


def main():
    args = arguments()
    ray.init(address=args.address)
    read = ray.data.read_parquet if args.format == "parquet" else ray.data.read_json
    data = read(args.paths).select_columns([*args.keep, args.column])
    found = data.map_batches(
        Find,
        fn_constructor_args=(args.column, args.keep, args.confidence),
        batch_format="pyarrow",
        batch_size=None,
        concurrency=args.workers,
    )
    found.write_parquet(args.out)


if __name__ == "__main__":
    main()
