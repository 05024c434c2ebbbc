#!/usr/bin/env python3
"""How asking a provider scales: many findings, few secrets, one request each.

Makes files with random keys that were never anybody's, serves 127.0.0.1 as the
provider, scans with `--verify`, and prints requests, time and peak memory. Needs
a built `leeward` (`cargo build --release`) and nothing else.

    bench/verify.py --findings 10000 --secrets 1000 --rate 500
"""

import argparse
import collections
import http.server
import json
import os
import pathlib
import random
import resource
import string
import subprocess
import tempfile
import threading
import time

ALPHABET = string.ascii_letters + string.digits


def key(rng):
    while True:
        value = "".join(rng.choices(ALPHABET, k=32))
        kinds = (str.isupper, str.islower, str.isdigit)
        if all(any(kind(letter) for letter in value) for kind in kinds):
            return value


class Provider(http.server.BaseHTTPRequestHandler):
    """Refuses every second secret; limits every nth request if asked to."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    seen = collections.Counter()
    requests = 0
    limit_every = 0

    def do_GET(self):
        with Provider.lock:
            Provider.requests += 1
            limited = Provider.limit_every and Provider.requests % Provider.limit_every == 0
            if not limited:
                Provider.seen[hash(self.headers["authorization"])] += 1
        if limited:
            self.answer(429, {"message": "Requests rate limit exceeded"}, {"retry-after": "0"})
        elif hash(self.headers["authorization"]) % 2:
            self.answer(401, {"detail": "Unauthorized"})
        else:
            self.answer(200, {"object": "list", "data": []})

    def answer(self, status, body, headers=()):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--findings", type=int, default=10_000)
    parser.add_argument("--secrets", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--limit-every", type=int, default=0, help="answer every nth with 429")
    parser.add_argument("--leeward", default="target/release/leeward")
    args = parser.parse_args()
    leeward = pathlib.Path(args.leeward).resolve()

    Provider.limit_every = args.limit_every
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    rng = random.Random()
    keys = [key(rng) for _ in range(args.secrets)]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(args.findings):
            path = pathlib.Path(folder, f"{number % 100:02}", f"{number}.env")
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"MISTRAL_API_KEY={keys[number % len(keys)]}\n")
        base = f"http://127.0.0.1:{server.server_port}"
        command = [leeward, "scan", "--no-history", "--verify", "--rate", str(args.rate)]
        command += ["--base-url", base, "--format", "json", "-q", folder]
        environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        begun = time.monotonic()
        run = subprocess.run(command, capture_output=True, text=True, env=environment)
        seconds = time.monotonic() - begun
    report = json.loads(run.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    places = sum(len(finding["locations"]) for finding in report["findings"])
    print(f"places        {places}")
    print(f"secrets       {len(report['findings'])}")
    print(f"requests      {Provider.requests} ({Provider.requests - sum(Provider.seen.values())} limited)")
    print(f"asked twice   {sum(count > 1 for count in Provider.seen.values())}")
    print(f"validity      {report['summary']['validity']}")
    print(f"seconds       {seconds:.1f} ({args.secrets / args.rate:.1f} at the rate)")
    print(f"peak memory   {peak} MiB")


if __name__ == "__main__":
    main()
