#!/usr/bin/env python3
"""How fast one server of a fleet hands out jobs and takes results in, with nothing else at
work: jobs are handed out, the server is stopped, workers do all of them, and the server is
started again on a queue full of results.

    cargo build --release --features fleet
    bench/intake.py --nats-server target/nats/bin/nats-server                # over SQLite
    bench/intake.py --nats-server … --store postgres://USER@HOST/DATABASE    # an empty one each
                                                                             # round: see --reset

--reset names a command that empties the database before each round. Repositories are of one
small file; one in fifty holds a random key. Medians of rounds."""

import argparse
import json
import pathlib
import random
import shlex
import signal
import statistics
import string
import subprocess
import tempfile
import time
import urllib.request

from fleet import Run, free


def repositories(root, count):
    """Many repositories of one commit; one in fifty holds a key."""
    names = []
    for nth in range(count):
        path = root / f"r{nth}.git"
        subprocess.run(["git", "init", "-q", "--bare", path], check=True)
        text = f"value = {nth}\n"
        if nth % 50 == 0:
            key = "".join(random.choices(string.ascii_letters + string.digits, k=32))
            text = f"MISTRAL_API_KEY={key}\n"
        stream = (
            "commit refs/heads/main\ncommitter ann <ann@example.com> 1700000000 +0000\n"
            f"data 6\nchange\nM 100644 inline a.env\ndata {len(text)}\n{text}\n"
        )
        subprocess.run(
            ["git", "fast-import", "--quiet"], cwd=path, input=stream.encode(), check=True
        )
        names.append(path.name)
    return names


class Intake(Run):
    """A queue that is filled and emptied one step after the other."""

    def queue(self):
        port, self.monitor = free(), free()
        (self.root / "nats.conf").write_text(
            f'listen: "127.0.0.1:{port}"\nhttp: "127.0.0.1:{self.monitor}"\n'
            f'jetstream {{ store_dir: "{self.root}/queue", sync_interval: always }}\n'
        )
        self.start("nats", self.args.nats_server, "-c", self.root / "nats.conf")
        self.said("nats", "Server is ready")
        self.at = ["--queue", f"nats://127.0.0.1:{port}"]

    def serve(self, name):
        store = self.args.store or self.store
        self.start(
            name, self.args.leeward, "serve", "--listen", "127.0.0.1:0", "--store", store,
            *self.at, "--queue-allow-single", "--queue-key", self.root / "key",
        )
        self.said(name, "leeward listens on")

    def held(self, stream):
        url = f"http://127.0.0.1:{self.monitor}/jsz?streams=1"
        with urllib.request.urlopen(url) as answer:
            accounts = json.load(answer).get("account_details", [])
        states = [it for account in accounts for it in account.get("stream_detail", [])]
        return sum(it["state"]["messages"] for it in states if it["name"].startswith(stream))

    def until(self, is_so):
        begun = time.monotonic()
        while not is_so():
            if time.monotonic() - begun > self.args.patience:
                raise SystemExit("it takes too long; see --patience")
            time.sleep(0.02)
        return time.monotonic() - begun

    def stop(self, *names):
        for name in names:
            self.started[name].send_signal(signal.SIGINT)
        for name in names:
            self.started.pop(name).wait(30)

    def measure(self):
        count = len(self.urls)
        self.queue()
        self.serve("handing out")
        listing = self.root / "list"
        listing.write_text("\n".join(self.urls))
        subprocess.run(
            [self.args.leeward, "fleet", "add", "--store", self.args.store or self.store, listing],
            env=self.env, check=True, capture_output=True,
        )
        handed = self.until(lambda: self.held("LEEWARD_JOBS") == count)
        self.stop("handing out")
        for nth in range(2):
            self.start(
                f"worker{nth}", self.args.leeward, "worker", *self.at, "--threads", "1",
                "--directory", self.root / "work",
            )
        self.until(lambda: self.held("LEEWARD_RESULTS") == count)
        self.stop("worker0", "worker1")
        self.serve("taking in")
        taken = self.until(lambda: self.held("LEEWARD_RESULTS") == 0)
        return count / handed, count / taken


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leeward", default="target/release/leeward")
    parser.add_argument("--nats-server", default="target/nats/bin/nats-server")
    parser.add_argument("--store", help="a database; SQLite in a new file if there is none")
    parser.add_argument("--reset", help="a command that empties the database")
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--patience", type=float, default=600, help="seconds for each step")
    args = parser.parse_args()
    out, taken = [], []
    with tempfile.TemporaryDirectory(prefix="leeward-bench-") as home:
        root = pathlib.Path(home)
        names = repositories(root, args.repositories)
        port = free()
        daemon = subprocess.Popen(
            ["git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1",
             f"--port={port}", f"--base-path={root}", root],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(0.5)
            urls = [f"git://127.0.0.1:{port}/{name}" for name in names]
            for _ in range(args.rounds):
                if args.reset:
                    subprocess.run(shlex.split(args.reset), check=True, capture_output=True)
                run = Intake(args, 2, urls)
                try:
                    handed, took = run.measure()
                finally:
                    run.end()
                out.append(handed)
                taken.append(took)
        finally:
            daemon.kill()
            daemon.wait()
    print(json.dumps({
        "repositories": args.repositories,
        "rounds": args.rounds,
        "handed out a second": [round(it) for it in out],
        "taken in a second": [round(it) for it in taken],
        "median handed out": round(statistics.median(out)),
        "median taken in": round(statistics.median(taken)),
    }, indent=2))


if __name__ == "__main__":
    main()
