#!/usr/bin/env python3
"""What a hook adds to `git commit`, as somebody who waits for it feels it.

    cargo build --release
    bench/hooks.py [--files 10] [--rounds 21] [--repository-files 500]

Makes one small repository for each contestant, changes the same files in all of
them, and times `git commit` in turn: without a hook, with one that does nothing (what Git
and a shell cost by themselves), with Leeward's, and with
those of whichever peers are on PATH: gitleaks, kingfisher (PyPI
`kingfisher-bin`), detect-secrets-hook (PyPI `detect-secrets`) and ggshield.
Each runs as its own documentation has its hook run. Nothing is asked over the
network; ggshield needs its own, and is left out if it does not run without. What
is committed holds no key. Only differences within one run mean anything.
"""

import argparse
import os
import pathlib
import random
import shutil
import statistics
import string
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

PEERS = {
    "gitleaks": "gitleaks git --pre-commit --staged --no-banner --redact -l error",
    "kingfisher": "kingfisher scan . --staged --quiet --no-update-check --no-validate",
    "detect-secrets": "git diff --cached --name-only -z | xargs -0 detect-secrets-hook --no-verify",
    "ggshield": "ggshield secret scan pre-commit",
}
PROGRAMS = {"detect-secrets": "detect-secrets-hook"}


def text(rng, lines=120):
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9))) for _ in range(80)]
    line = lambda: "let " + rng.choice(words) + " = " + "_".join(rng.choices(words, k=4)) + ";\n"
    return "".join(line() for _ in range(lines))


def git(directory, *args):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "bench", f"GIT_{who}_EMAIL": "bench@example.com"}
    command = ["git", *args]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)


def contestants():
    found = {"no hook": None, "empty hook": "exit 0", "leeward": None}
    for name, command in PEERS.items():
        if shutil.which(PROGRAMS.get(name, name)):
            found[name] = command
    return found


def prepare(directory, name, command, files, leeward):
    git(directory, "init", "-q", ".")
    for path, content in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", "first")
    if name == "leeward":
        command = [leeward, "hook", "install", "pre-commit"]
        subprocess.run(command, cwd=directory, check=True, capture_output=True)
    elif command:
        hook = directory / ".git/hooks/pre-commit"
        hook.write_text(f"#!/bin/sh\n{command}\n")
        hook.chmod(0o755)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--repository-files", type=int, default=500)
    parser.add_argument("--leeward", default=str(ROOT / "target/release/leeward"))
    arguments = parser.parse_args()
    rng = random.Random(7)
    count = max(arguments.files, arguments.repository_files)
    files = {f"src/part{n % 20}/file{n}.rs": text(rng) for n in range(count)}
    found = contestants()
    with tempfile.TemporaryDirectory() as top:
        places = {}
        for name, command in found.items():
            places[name] = pathlib.Path(top) / name.replace(" ", "-")
            places[name].mkdir()
            prepare(places[name], name, command, files, arguments.leeward)
        times = {name: [] for name in found}
        failed = {}
        for number in range(arguments.rounds + 1):
            changed = {path: text(rng) for path in rng.sample(sorted(files), arguments.files)}
            order = list(found)
            rng.shuffle(order)
            for name in order:
                if name in failed:
                    continue
                for path, content in changed.items():
                    (places[name] / path).write_text(content)
                git(places[name], "add", "-A")
                begun = time.perf_counter()
                done = git(places[name], "commit", "-q", "-m", f"round {number}")
                took = time.perf_counter() - begun
                if done.returncode:
                    failed[name] = (done.stderr or done.stdout).strip().splitlines()[-1:]
                elif number:  # the first round warms up
                    times[name].append(took * 1000)
    base = statistics.median(times["no hook"])
    print(f"git commit of {arguments.files} files, {arguments.rounds} rounds in turn, medians")
    print(f"{'hook':<16}{'commit':>10}{'added':>10}{'best':>10}")
    for name, measured in times.items():
        if name in failed:
            print(f"{name:<16}  does not run here: {' '.join(failed[name])[:90]}")
            continue
        middle = statistics.median(measured)
        print(f"{name:<16}{middle:>7.1f} ms{middle - base:>7.1f} ms{min(measured):>7.1f} ms")


if __name__ == "__main__":
    main()
