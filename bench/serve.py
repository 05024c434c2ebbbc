#!/usr/bin/env python3
"""What `leeward serve` holds over a large store while a scan runs beside it.

Fills a store with incidents (the example `dashboard` of the server), starts the
server, makes the first account through its set-up link and a token, and asks at a
fixed rate over keep-alive connections: the list, one incident, the first page.
Prints achieved requests a second, how long answers took from the moment they were
due, and the server's memory. All of it, this script included, shares the machine's
cores. Needs:

    cargo build --release -p leeward-cli -p leeward-server --bins --examples
    bench/serve.py --incidents 100000 --rate 500 --seconds 30 --scan PATH
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import re
import secrets
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def memory(pid):
    """Resident memory of a process in MiB: now, and at its most."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    found = [int(re.search(rf"{name}:\s+(\d+)", text)[1]) / 1024 for name in ("VmRSS", "VmHWM")]
    return "%.0f MiB (most: %.0f MiB)" % tuple(found)


def send(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer, answer.read()


def sign_in(port, link):
    """The first account, by the link; a session and a token of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    password = secrets.token_urlsafe(24)
    form = urllib.parse.urlencode({"name": "bench", "password": password, "again": password})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer, text = send(connection, "POST", link, form, kind)
    cookie = re.search(r"leeward-session=[^;]+", answer.headers.get("Set-Cookie", ""))
    if not cookie:
        raise SystemExit(f"no session: {answer.status} {text[:300]!r}")
    session = {"Cookie": cookie[0]}
    _, page = send(connection, "GET", "/settings", headers=session)
    csrf = re.search(rb'name="csrf" value="([^"]+)"', page)[1].decode()
    body = json.dumps({"label": "bench", "role": "viewer"})
    sent = {**session, "X-CSRF-Token": csrf, "Content-Type": "application/json"}
    answer, text = send(connection, "POST", "/api/v1/tokens", body, sent)
    if answer.status != 200:
        raise SystemExit(f"no token: {answer.status} {text[:300]!r}")
    return session, {"Authorization": "Bearer " + json.loads(text)["token"]}


def drive(port, session, token, args):
    """Asks, each request at its own moment, whatever became of those before."""
    times, wrong, lock = collections.defaultdict(list), collections.Counter(), threading.Lock()
    begin, total = time.monotonic() + 0.5, args.rate * args.seconds
    upto = begin + args.seconds

    def worker(nth):
        connection, mine = http.client.HTTPConnection("127.0.0.1", port), []
        for number in range(nth, total, args.connections):
            at = begin + number / args.rate
            now = time.monotonic()
            if now >= upto:
                break
            if at > now:
                time.sleep(at - now)
            which = number // args.connections % 20
            if which == 0:
                name, path, headers = "/", "/", session
            elif which % 2:
                name, path, headers = "list", "/api/v1/incidents?limit=50", token
            else:
                one = number * 7919 % args.incidents + 1
                name, path, headers = "one", f"/api/v1/incidents/{one}", token
            try:
                answer, _ = send(connection, "GET", path, headers=headers)
                mine.append((name, answer.status, time.monotonic() - at))
            except OSError as error:
                mine.append((name, type(error).__name__, 0))
                connection.close()
        with lock:
            for name, status, took in mine:
                if status == 200:
                    times[name].append(took)
                else:
                    wrong[f"{name}: {status}"] += 1

    workers = [threading.Thread(target=worker, args=(nth,)) for nth in range(args.connections)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    took = time.monotonic() - begin
    every = [one for some in times.values() for one in some]
    print(f"{len(every) / took:.0f} requests a second of {args.rate} asked for, {took:.1f} s")
    for name, some in [("all", every), *sorted(times.items())]:
        some.sort()
        middle, most = statistics.median(some), some[len(some) * 99 // 100]
        print(f"  {name:5} {len(some):6}  median {middle * 1000:.1f} ms, 99th percentile {most * 1000:.1f} ms")
    if wrong:
        print("  not answered as they should be:", dict(wrong))


def scan(path, until, rounds):
    while not until.is_set():
        subprocess.run([TARGET / "leeward", "scan", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rounds.append(time.monotonic())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--scan", help="a tree that is scanned again and again meanwhile")
    parser.add_argument("--store", help="a store to keep for the next time; made if it is not there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        store = pathlib.Path(args.store or folder / "a.db")
        if not store.exists():
            subprocess.run([TARGET / "examples/dashboard", str(args.incidents), str(store)], check=True)
        (folder / "leeward.toml").write_text("")
        # A copy, so that nobody has an account and a link is printed.
        if args.store:
            (folder / "a.db").write_bytes(store.read_bytes())
        command = [TARGET / "leeward", "serve", "--listen", "127.0.0.1:0", "--offline"]
        command += ["--store", folder / "a.db", "--config", folder / "leeward.toml"]
        with open(folder / "log", "wb") as log:
            server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder)
        try:
            said = ""
            while "/setup/" not in said:
                line = server.stdout.readline()
                if not line:
                    raise SystemExit((folder / "log").read_text()[-2000:])
                said += line
            port, link = re.search(r"http://127\.0\.0\.1:(\d+)(/setup/\S+)", said).groups()
            time.sleep(2)
            print("idle:", memory(server.pid))
            session, token = sign_in(int(port), link)
            stop, rounds = threading.Event(), []
            scanning = threading.Thread(target=scan, args=(args.scan, stop, rounds))
            if args.scan:
                scanning.start()
            drive(int(port), session, token, args)
            print("under load:", memory(server.pid))
            stop.set()
            if args.scan:
                scanning.join()
                print(f"{len(rounds)} scans of {args.scan} meanwhile")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
