#!/usr/bin/env python3
"""Times the Python module beside the program over the same texts, one thread each,
interleaved, and prints medians and ratios.

    cargo build --release
    pip install maturin pyarrow
    maturin build --release -m crates/python/Cargo.toml && pip install target/wheels/leeward-*.whl
    bench/wheel.py [--megabytes 200] [--rounds 5]

The program reads JSON lines from a file in memory; the module gets the same texts as a
list of `str` and as a column of Arrow. What the program takes for a file of one line is
subtracted, since the module has started long ago. Rates are of bytes looked at: of lines
for the program, of texts for the module. Only ratios within one run mean anything:
machines differ, and the same machine differs from hour to hour.
"""

import argparse
import json
import os
import random
import statistics
import string
import subprocess
import sys
import tempfile
import time

import leeward
import pyarrow

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("LEEWARD", os.path.join(HERE, "..", "target", "release", "leeward"))


def texts(megabytes, length, named):
    """Texts of about a length; one in `named` names the provider, one in 1,000 of these
    has a key."""
    rng = random.Random(7)
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randrange(2, 10))) for _ in range(5_000)]
    key = lambda: "".join(rng.choices(string.ascii_letters + string.digits, k=32))
    kinds = [" ".join(rng.choices(words, k=length // 7)) for _ in range(2_000)]
    all, size = [], 0
    while size < megabytes * 1_000_000:
        text = rng.choice(kinds)
        if len(all) % named == 0:
            text += " as Mistral has it"
            if len(all) % (1000 * named) == 0:
                text += f" MISTRAL_API_KEY={key()}"
        all.append(text)
        size += len(text)
    return all


def program(path):
    begun = time.perf_counter()
    command = [PROGRAM, "scan", "--threads", "1", "--format", "json", path]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    return time.perf_counter() - begun, len(json.loads(done.stdout)["findings"])


def module(detector, texts):
    begun = time.perf_counter()
    found = detector.scan_batch(texts)
    return time.perf_counter() - begun, len({it.fingerprint for it in found})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    detector = leeward.Detector()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        path, small = os.path.join(folder, "rows.jsonl"), os.path.join(folder, "one.jsonl")
        with open(small, "w") as file:
            file.write('{"text": "x"}\n')
        for length, named in [(200, 10**9), (2_000, 10**9), (20_000, 10**9), (2_000, 20), (200, 20)]:
            rows = texts(args.megabytes, length, named)
            column = pyarrow.array(rows, pyarrow.large_string())
            with open(path, "w") as file:
                file.writelines(json.dumps({"text": row}) + "\n" for row in rows)
            size, of_file = sum(map(len, rows)), os.path.getsize(path)
            rates = {"program": [], "list": [], "column": []}
            found = set()
            for _ in range(args.rounds):
                start, _ = program(small)
                spent, one = program(path)
                rates["program"].append(of_file / (spent - start) / 1e6)
                for name, batch in [("list", rows), ("column", column)]:
                    spent, other = module(detector, batch)
                    rates[name].append(size / spent / 1e6)
                    found.add((one, other))
            median = {name: statistics.median(rate) for name, rate in rates.items()}
            named = "no provider named" if named > 10**6 else f"named in one of {named}"
            print(
                f"texts of {length:>6} bytes, {named}: program {median['program']:5.0f} MB/s, "
                + ", ".join(
                    f"{name} {median[name]:5.0f} MB/s ({median[name] / median['program']:.0%})"
                    for name in ("list", "column")
                )
            )
            if any(one != other for one, other in found):
                sys.exit(f"they find different things: {found}")


if __name__ == "__main__":
    main()
