#!/usr/bin/env python3
"""Times `leeward scan --resume` of a repository the first time and again, and prints
medians and the ratio, which is to be below 2 %.

    cargo build --release
    bench/resume.py                      # a generated repository of 60,000 commits
    bench/resume.py PATH                 # a repository that is here; it is not changed
    bench/resume.py PATH --rounds 5 --files   # its files on disk, too

Each round begins with an empty database. LEEWARD names another program.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LEEWARD = os.environ.get("LEEWARD", os.path.join(HERE, "..", "target", "release", "leeward"))


def generate(path, commits, keys):
    """Commits that each change one of some hundred files, packed as `git gc` does."""
    subprocess.run(["git", "init", "-q", "-b", "main", path], check=True)
    importer = subprocess.Popen(
        ["git", "-C", path, "fast-import", "--quiet"], stdin=subprocess.PIPE
    )
    dice = random.Random(7)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz_", k=dice.randint(2, 12)))
             for _ in range(4000)]
    files = {}
    every = max(1, commits // keys) if keys else 0
    for number in range(commits):
        name = f"src/part{dice.randrange(20)}/module{dice.randrange(25)}.py"
        lines = files.setdefault(name, [])
        for _ in range(dice.randint(1, 6)):
            lines.insert(dice.randint(0, len(lines)), " ".join(dice.choices(words, k=9)))
        del lines[400:]
        text = "\n".join(lines) + "\n"
        if every and number % every == every // 2:
            letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            text += "MISTRAL_API_KEY=" + "aB3" + "".join(random.choices(letters, k=29)) + "\n"
        data = text.encode()
        importer.stdin.write(
            f"commit refs/heads/main\ncommitter A <a@b.c> {1600000000 + number} +0000\n"
            f"data 6\nchange\nM 100644 inline {name}\ndata {len(data)}\n".encode() + data + b"\n"
        )
    importer.stdin.close()
    if importer.wait() != 0:
        raise SystemExit("git fast-import failed")
    subprocess.run(["git", "-C", path, "repack", "-q", "-a", "-d", "-f"], check=True)


def scan(target, store, files):
    command = [LEEWARD, "scan", target, "--quiet", "--format", "json"]
    command += [] if files else ["--history-only"]
    if store:
        command += ["--resume", "--store", store]
    begun = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE)
    took = time.monotonic() - begun
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}")
    report = json.loads(done.stdout)
    for finding in report["findings"]:
        # It depends on the hour.
        (finding.get("exposure") or {}).pop("seconds", None)
    return took, report


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("repository", nargs="?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--commits", type=int, default=60_000)
    parser.add_argument("--keys", type=int, default=20, help="how many are planted")
    parser.add_argument("--files", action="store_true", help="scan files on disk, too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = args.repository
        if target is None:
            target = os.path.join(folder, "repository")
            generate(target, args.commits, args.keys)
        plain, first, second, size = [], [], [], 0
        for number in range(args.rounds):
            store = os.path.join(folder, f"{number}.db")
            took, without = scan(target, None, args.files)
            plain.append(took)
            took, report = scan(target, store, args.files)
            first.append(took)
            took, again = scan(target, store, args.files)
            second.append(took)
            size = os.path.getsize(store)
            for other in (report, again):
                if other["findings"] != without["findings"]:
                    raise SystemExit("the reports differ")
            objects = report["coverage"]["objects_scanned"]
        coverage = again["coverage"]
        print(f"objects            {objects:>12,}")
        print(f"findings           {len(again['findings']):>12,}")
        print(f"judged before      {coverage['judged_before']['objects']:>12,}")
        print(f"database           {size / 1e6:>12.1f} MB")
        for name, times in [("without a memory", plain), ("first", first), ("second", second)]:
            print(f"{name:<18} {statistics.median(times):>12.3f} s   "
                  f"({', '.join(f'{took:.3f}' for took in times)})")
        ratio = statistics.median(second) / statistics.median(first)
        cost = statistics.median(first) / statistics.median(plain)
        print(f"first / without    {100 * cost:>12.1f} %")
        print(f"second / first     {100 * ratio:>12.2f} %")


main()
