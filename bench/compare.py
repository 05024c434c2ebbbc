#!/usr/bin/env python3
"""Times Leeward beside whichever peers are installed, on the same input, in one
interleaved run, and prints medians, throughput, peak memory and ratios.

    cargo build --release
    bench/compare.py startup
    bench/compare.py tree PATH
    bench/compare.py history REPOSITORY
    bench/compare.py log [--gigabytes 1.5]

Peers are looked for on PATH: kingfisher (PyPI `kingfisher-bin`), gitleaks,
trufflehog, rg (ripgrep) and git. Nothing is verified over the network.
Kingfisher runs three times: as it comes, in its fastest mode, and in its
fastest mode with its Mistral rule alone. ripgrep looks for one literal, which
is the least that any scanner has to do. Only ratios within one run mean
anything: machines differ, and the same machine differs from hour to hour.
"""

import argparse
import os
import random
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LEEWARD = os.environ.get("LEEWARD", os.path.join(HERE, "..", "target", "release", "leeward"))
KINGFISHER = ["kingfisher", "scan", "--no-validate", "--no-update-check", "--format", "json", "-q"]


def kingfisher_binary():
    """The program behind PyPI's wrapper, so that Python's start is not counted."""
    found = shutil.which("kingfisher")
    if not found:
        return None
    try:
        import kingfisher
        folder = os.path.dirname(kingfisher.__file__)
        for root, _, files in os.walk(folder):
            for name in files:
                path = os.path.join(root, name)
                if name.startswith("kingfisher") and os.access(path, os.X_OK) and not name.endswith(".py"):
                    return path
    except ImportError:
        pass
    return found


def contenders(kind, target):
    """Name and command of everything that can do this kind of work here."""
    found = {}
    kf = kingfisher_binary()
    if kind == "startup":
        found["leeward"] = [LEEWARD, "scan", target, "--format", "json"]
    elif kind == "history":
        found["leeward"] = [LEEWARD, "scan", "--history-only", target, "--format", "json"]
    else:
        found["leeward"] = [LEEWARD, "scan", "--no-history", target, "--format", "json"]
    if kf:
        base = [kf] + KINGFISHER[1:]
        if kind == "history":
            base += ["--git-history", "full"]
        else:
            base += ["--git-history", "none"]
        if kind == "log":
            # Without this it leaves out files above 256 MB.
            base += ["--no-limits"]
        found["kingfisher"] = base + [target]
        found["kingfisher turbo"] = base + ["--turbo", target]
        found["kingfisher turbo, mistral"] = base + ["--turbo", "--rule", "betterleaks.mistral-api-key", target]
    if shutil.which("gitleaks"):
        mode = "git" if kind == "history" else "dir"
        found["gitleaks"] = ["gitleaks", mode, "--no-banner", "--exit-code", "0", target]
    if shutil.which("trufflehog"):
        mode = ["git", "file://" + os.path.abspath(target)] if kind == "history" else ["filesystem", target]
        found["trufflehog"] = ["trufflehog", *mode, "--no-verification", "--no-update", "--json"]
    if kind in ("tree", "log") and shutil.which("rg"):
        found["ripgrep, one literal"] = ["rg", "-uuu", "-i", "-c", "mistral_api_key", target]
    if kind == "history" and shutil.which("git"):
        found["git cat-file"] = ["git", "-C", target, "cat-file", "--batch", "--batch-all-objects", "--unordered", "--buffer"]
    return found


def run(command):
    """Wall seconds and peak memory in MiB of one run."""
    begun = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - begun, usage.ru_maxrss / 1024, child.returncode


def size_of(kind, target):
    if kind == "history":
        listed = subprocess.run(
            ["git", "-C", target, "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objecttype) %(objectsize)"],
            capture_output=True, text=True, check=True)
        return sum(int(line.split()[1]) for line in listed.stdout.splitlines() if line.startswith("blob"))
    if os.path.isfile(target):
        return os.path.getsize(target)
    total = 0
    for root, folders, files in os.walk(target):
        if ".git" in folders:
            folders.remove(".git")
        total += sum(os.lstat(os.path.join(root, name)).st_size for name in files)
    return total


def make_log(path, gigabytes):
    """Lines such as a service writes, with one key in the middle."""
    rng = random.Random(7)
    hexa = lambda n: "".join(rng.choice("0123456789abcdef") for _ in range(n))
    lines = [
        f'2026-11-23T10:{rng.randrange(60):02}:{rng.randrange(60):02}Z level={rng.choice(["info", "warn", "debug"])} '
        f'request_id={hexa(32)} path=/v1/items/{rng.randrange(10**6)} status={rng.choice([200, 200, 404])} '
        f'took={rng.randrange(900)}ms client="Mozilla/5.0 (X11; Linux x86_64)" message="handled the request"\n'
        for _ in range(20_000)
    ]
    block = "".join(lines).encode()
    key = "".join(rng.choice(string.ascii_letters + string.digits) for _ in range(32))
    blocks = int(gigabytes * 1e9 / len(block))
    with open(path, "wb") as log:
        for number in range(blocks):
            log.write(block)
            if number == blocks // 2:
                log.write(f"MISTRAL_API_KEY={key}\n".encode())


def compare(kind, target, rounds):
    found = contenders(kind, target)
    size = size_of(kind, target) if kind != "startup" else 0
    results = {name: [] for name in found}
    for name, command in found.items():
        run(command)  # once to warm the caches
    for _ in range(rounds):
        for name, command in found.items():
            results[name].append(run(command))
    ours = statistics.median(seconds for seconds, *_ in results["leeward"])
    print(f"{kind} {target}: {size / 1e6:,.0f} MB, median of {rounds} interleaved runs")
    print(f"{'':28} {'seconds':>9} {'min':>8} {'max':>8} {'MB/s':>8} {'peak MiB':>9} {'to leeward':>11}  exit")
    for name, runs in results.items():
        seconds = [run[0] for run in runs]
        median = statistics.median(seconds)
        memory = max(run[1] for run in runs)
        rate = f"{size / 1e6 / median:8,.0f}" if size else " " * 8
        print(f"{name:28} {median:9.3f} {min(seconds):8.3f} {max(seconds):8.3f} {rate} {memory:9.1f} {median / ours:10.2f}x  {runs[-1][2]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["startup", "tree", "history", "log"])
    parser.add_argument("target", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gigabytes", type=float, default=1.5)
    options = parser.parse_args()
    if not os.access(LEEWARD, os.X_OK):
        sys.exit(f"no leeward at {LEEWARD}: run `cargo build --release` first, or set LEEWARD")
    if options.kind in ("tree", "history") and not options.target:
        sys.exit(f"{options.kind} needs a path")
    with tempfile.TemporaryDirectory() as folder:
        if options.kind == "log":
            target = os.path.join(folder, "service.log")
            make_log(target, options.gigabytes)
        elif options.kind == "startup":
            target = os.path.join(folder, "small.txt")
            with open(target, "w") as small:
                small.write("nothing to see here\n")
        else:
            target = options.target
        compare(options.kind, target, options.rounds)


if __name__ == "__main__":
    main()
