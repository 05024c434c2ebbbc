#!/usr/bin/env python3
"""Times `leeward redact` beside `cat`, the least that any filter has to do, and a
scan, in one interleaved run, and prints medians, throughput and ratios.

    cargo build --release
    bench/redact.py [--gigabytes 1.5] [--rounds 5]

Three logs: one that holds nothing, one with a key in its first line, so that
all the rest is searched for that value, and one in which every tenth line names
the provider and every thousandth holds a key, of a tenth of the size, since
there the judge is at work as in a scan. Each goes from a file to nowhere,
and through pipes. Only ratios within one run mean anything: machines differ,
and the same machine differs from hour to hour.
"""

import argparse
import os
import random
import statistics
import string
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LEEWARD = os.environ.get("LEEWARD", os.path.join(HERE, "..", "target", "release", "leeward"))


def make_log(path, gigabytes, kind):
    """Lines such as a service writes."""
    rng = random.Random(7)
    draw = lambda letters, n: "".join(rng.choice(letters) for _ in range(n))
    key = lambda: draw(string.ascii_letters + string.digits, 32)

    def line(number):
        request = draw("0123456789abcdef", 32)
        if kind == "named" and number % 1000 == 0:
            return f"2026-11-23T10:00:00Z level=debug request_id={request} MISTRAL_API_KEY={key()}\n"
        if kind == "named" and number % 10 == 0:
            return f"2026-11-23T10:00:00Z level=info request_id={request} POST https://api.mistral.ai/v1/chat/completions 200\n"
        return (
            f'2026-11-23T10:{rng.randrange(60):02}:{rng.randrange(60):02}Z level={rng.choice(["info", "warn", "debug"])} '
            f"request_id={request} path=/v1/items/{rng.randrange(10**6)} status={rng.choice([200, 200, 404])} "
            f'took={rng.randrange(900)}ms client="Mozilla/5.0 (X11; Linux x86_64)" message="handled the request"\n'
        )

    block = "".join(line(number) for number in range(20_000)).encode()
    with open(path, "wb") as log:
        if kind == "one key":
            log.write(f"MISTRAL_API_KEY={key()}\n".encode())
        for _ in range(int(gigabytes * 1e9 / len(block)) or 1):
            log.write(block)


def ended(child):
    """Seconds of processor time of a process that succeeded."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    # A scan that finds something ends with 1.
    if child.returncode not in (0, 1):
        sys.exit(f"{child.args} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def seconds(command, path, piped):
    """Seconds that one run took, and seconds of processor time of the filter."""
    begun = time.perf_counter()
    with open(path, "rb") as source, open(os.devnull, "wb") as nowhere:
        if not piped:
            cpu = ended(subprocess.Popen(command, stdin=source, stdout=nowhere))
        else:
            before = subprocess.Popen(["cat"], stdin=source, stdout=subprocess.PIPE)
            filter_ = subprocess.Popen(command, stdin=before.stdout, stdout=subprocess.PIPE)
            after = subprocess.Popen(["cat"], stdin=filter_.stdout, stdout=nowhere)
            before.stdout.close()
            filter_.stdout.close()
            ended(before)
            cpu = ended(filter_)
            ended(after)
    return time.perf_counter() - begun, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.5)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not os.access(LEEWARD, os.X_OK):
        sys.exit(f"no leeward at {LEEWARD}: run `cargo build --release` first, or set LEEWARD")
    commands = {
        "cat": ["cat"],
        "leeward redact": [LEEWARD, "redact"],
        "leeward scan -": [LEEWARD, "scan", "-", "--format", "json"],
    }
    print(f"median of {options.rounds} interleaved runs")
    print(f"{'':32} {'seconds':>9} {'min':>8} {'max':>8} {'MB/s':>8} {'to cat':>8} {'MB/CPU s':>9}")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "service.log")
        for kind in ("nothing", "one key", "named"):
            make_log(path, options.gigabytes * (0.1 if kind == "named" else 1), kind)
            size = os.path.getsize(path) / 1e6
            for piped in (False, True):
                results = {name: [] for name in commands}
                for round_ in range(options.rounds + 1):
                    for name, command in commands.items():
                        taken = seconds(command, path, piped)
                        if round_:  # the first warms the caches
                            results[name].append(taken)
                cat = statistics.median(wall for wall, _ in results["cat"])
                for name, runs in results.items():
                    taken = [wall for wall, _ in runs]
                    median, cpu = statistics.median(taken), statistics.median(cpu for _, cpu in runs)
                    label = f"{kind}, {'pipes' if piped else 'file'}: {name}"
                    print(f"{label:32} {median:9.3f} {min(taken):8.3f} {max(taken):8.3f} {size / median:8,.0f} {median / cat:7.2f}x {size / cpu:9,.0f}")


if __name__ == "__main__":
    main()
