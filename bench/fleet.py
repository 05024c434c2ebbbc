#!/usr/bin/env python3
"""How much a fleet does: repositories a second with one and two workers beside a single
process, and what the queue itself costs.

    cargo build --release --features fleet
    python3 bench/fleet.py --leeward target/release/leeward --nats-server target/nats/bin/nats-server

Repositories are made here and served by `git daemon` on this machine, so that no network
is measured. Times are medians of rounds that take turns; CPU seconds are those of each
process and all that it waited for (`git` among them)."""

import argparse
import json
import os
import pathlib
import signal
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def repositories(root, count, files, size):
    """Many repositories of some commits; all but a few hold nothing."""
    words = [f"value_{n} = compute({n * 7919 % 1009})" for n in range(400)]
    urls = []
    for nth in range(count):
        path = root / f"r{nth}.git"
        subprocess.run(["git", "init", "-q", "--bare", path], check=True)
        out = []
        for commit in range(3):
            out.append(
                f"commit refs/heads/main\ncommitter ann <ann@example.com> {1_700_000_000 + commit} +0000\n"
                "data 6\nchange\n"
            )
            for file in range(files):
                text = "\n".join(words[(nth + file + line + commit) % 400] for line in range(size))
                out.append(f"M 100644 inline f{file}.py\ndata {len(text)}\n{text}\n")
        subprocess.run(
            ["git", "fast-import", "--quiet"], cwd=path, input="".join(out).encode(), check=True
        )
        urls.append(path.name)
    return urls


def cpu(pid):
    """CPU seconds of a process and of the children that it waited for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


class Run:
    def __init__(self, args, workers, urls):
        self.args, self.workers, self.urls = args, workers, urls
        self.home = tempfile.TemporaryDirectory(prefix="leeward-bench-")
        self.root = pathlib.Path(self.home.name)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home.name}
        self.store = self.root / "a.db"
        self.started = {}

    def start(self, name, *command):
        log = open(self.root / f"{name}.log", "wb")
        self.started[name] = subprocess.Popen(
            command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )

    def said(self, name, words):
        """Waits until a process has said something."""
        log = self.root / f"{name}.log"
        while words not in log.read_text():
            if self.started[name].poll() is not None:
                raise SystemExit(f"{name} ended: " + log.read_text())
            time.sleep(0.02)

    def begin(self):
        """Everything runs and waits for work before the clock does."""
        leeward = self.args.leeward
        serve = [leeward, "serve", "--listen", "127.0.0.1:0", "--store", self.store]
        if self.workers:
            port = free()
            (self.root / "nats.conf").write_text(
                f'listen: "127.0.0.1:{port}"\n'
                f'jetstream {{ store_dir: "{self.root}/queue", sync_interval: always }}\n'
            )
            self.start("nats", self.args.nats_server, "-c", self.root / "nats.conf")
            self.said("nats", "Server is ready")
            at = ["--queue", f"nats://127.0.0.1:{port}"]
            serve += [*at, "--queue-allow-single"]
        self.start("serve", *serve)
        self.said("serve", "leeward listens on")
        for nth in range(self.workers):
            one = ["--threads", "1"] if self.workers > 1 else []
            self.start(f"worker{nth}", leeward, "worker", *at, "--directory", self.root / "work", *one)
        for nth in range(self.workers):
            self.said(f"worker{nth}", "waiting for jobs")

    def measure(self):
        leeward, listing = self.args.leeward, self.root / "list"
        listing.write_text("\n".join(self.urls))
        self.begin()
        before = {name: cpu(it.pid) for name, it in self.started.items()}
        begun = time.monotonic()
        subprocess.run(
            [leeward, "fleet", "add", "--store", self.store, listing],
            env=self.env, check=True, capture_output=True,
        )
        database = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)
        left = (
            "select count(*) from jobs where kind = 'repository' and state in ('waiting', 'running')"
        )
        while database.execute(left).fetchone()[0]:
            time.sleep(0.05)
            dead = [name for name, it in self.started.items() if it.poll() is not None]
            if dead:
                raise SystemExit(f"{dead[0]} ended: " + (self.root / f"{dead[0]}.log").read_text())
        took = time.monotonic() - begun
        used = {name: cpu(it.pid) - before[name] for name, it in self.started.items()}
        done = database.execute(
            "select count(*) from jobs where kind = 'repository' and state = 'done'"
        ).fetchone()[0]
        if done != len(self.urls):
            raise SystemExit(f"{done} of {len(self.urls)} were done")
        return took, used

    def end(self):
        for it in self.started.values():
            it.send_signal(signal.SIGINT if it.args[0] == self.args.leeward else signal.SIGKILL)
        for it in self.started.values():
            try:
                it.wait(10)
            except subprocess.TimeoutExpired:
                it.kill()
                it.wait()
        self.home.cleanup()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leeward", default="target/release/leeward")
    parser.add_argument("--nats-server", default="target/nats/bin/nats-server")
    parser.add_argument("--repositories", type=int, default=400)
    parser.add_argument("--files", type=int, default=20, help="files in each commit")
    parser.add_argument("--lines", type=int, default=120, help="lines of each file")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leeward-bench-") as home:
        root = pathlib.Path(home)
        names = repositories(root, args.repositories, args.files, args.lines)
        port = free()
        daemon = subprocess.Popen(
            ["git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1",
             f"--port={port}", f"--base-path={root}", root],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(0.5)
            urls = [f"git://127.0.0.1:{port}/{name}" for name in names]
            took = {workers: [] for workers in (0, 1, 2)}
            used = {workers: [] for workers in (0, 1, 2)}
            for _ in range(args.rounds):
                for workers in took:
                    run = Run(args, workers, urls)
                    try:
                        seconds, spent = run.measure()
                    finally:
                        run.end()
                    took[workers].append(seconds)
                    used[workers].append(spent)
        finally:
            daemon.kill()
            daemon.wait()
    alone = statistics.median(sum(it.values()) for it in used[0])
    result = {"repositories": args.repositories, "rounds": args.rounds}
    for workers, name in ((0, "single process"), (1, "1 worker"), (2, "2 workers")):
        seconds = statistics.median(took[workers])
        spent = statistics.median(sum(it.values()) for it in used[workers])
        queue = statistics.median(it.get("nats", 0.0) for it in used[workers])
        result[name] = {
            "seconds": round(seconds, 2),
            "repositories a second": round(args.repositories / seconds, 2),
            "CPU seconds": round(spent, 2),
            "of them NATS": round(queue, 2),
            "CPU more than alone, percent": round(100 * (spent / alone - 1), 1),
            "NATS, percent of all CPU": round(100 * queue / spent, 2),
        }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
