#!/usr/bin/env python3
"""Counts in how many labelled contexts Leeward and Kingfisher (PyPI
`kingfisher-bin`) see a Mistral key, and which ones Kingfisher sees and Leeward
does not.

    cargo build --release
    bench/parity.py

Each context of `crates/detect/tests/contexts` becomes a file with fresh random
values. Kingfisher runs its own Mistral rule at its lowest confidence, without
validation; Leeward runs as it comes. The contexts are ours, so the figures say
how the two differ on the shapes we know of, not who is better elsewhere.
"""

import base64
import json
import os
import random
import re
import string
import subprocess
import sys
import tempfile

from compare import HERE, LEEWARD, kingfisher_binary

CONTEXTS = os.path.join(HERE, "..", "crates", "detect", "tests", "contexts")
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def fill(text, rng):
    """A context with its placeholders filled; values without digits are drawn
    again, since both tools doubt those."""
    draw = lambda length, alphabet=ALNUM: "".join(rng.choice(alphabet) for _ in range(length))
    secret = draw(32)
    while sum(character.isdigit() for character in secret) < 2:
        secret = draw(32)
    fixed = {
        "{secret}": secret,
        "{secret_base64}": base64.b64encode(secret.encode()).decode(),
        "{secret_first16}": secret[:16],
        "{secret_last16}": secret[16:],
        "{uuid}": "0b0f3c1e-7d8a-4c55-9f11-2b3c4d5e6f70",
    }
    for placeholder, value in fixed.items():
        text = text.replace(placeholder, value)
    text = re.sub(r"\{alnum(\d+)\}", lambda found: draw(int(found[1])), text)
    text = re.sub(r"\{hex(\d+)\}", lambda found: draw(int(found[1]), HEX), text)
    return text.replace("{b64_44}", draw(43) + "=")


def write_files(folder, kind):
    rng = random.Random(11)
    os.mkdir(folder)
    for corpus in ("given", "mined", "blind"):
        with open(os.path.join(CONTEXTS, f"{corpus}-{kind}.jsonl")) as lines:
            for number, line in enumerate(lines):
                with open(os.path.join(folder, f"{corpus}-{number}.txt"), "w") as file:
                    file.write(fill(json.loads(line)["text"], rng))


def seen_by_leeward(folder):
    done = subprocess.run([LEEWARD, "scan", "--no-history", folder, "--format", "json"], capture_output=True, text=True)
    findings = json.loads(done.stdout)["findings"]
    ours = [finding for finding in findings if finding["dossier"].startswith("mistral-")]
    return {os.path.basename(place["path"]) for finding in ours for place in finding["locations"]}


def seen_by_kingfisher(folder, binary):
    done = subprocess.run(
        [binary, "scan", "--no-validate", "--no-update-check", "--format", "json", "-q", "--confidence", "low",
         "--no-dedup", "--rule", "betterleaks.mistral-api-key", folder],
        capture_output=True, text=True)
    findings = json.dumps(json.loads(done.stdout)["findings"])
    return set(re.findall(r"(?:given|mined|blind)-\d+\.txt", findings))


def main():
    binary = kingfisher_binary()
    if not binary:
        sys.exit("kingfisher is not installed: `pip install kingfisher-bin`")
    if not os.access(LEEWARD, os.X_OK):
        sys.exit(f"no leeward at {LEEWARD}: run `cargo build --release` first, or set LEEWARD")
    with tempfile.TemporaryDirectory() as scratch:
        for kind, meaning in (("positive", "a Mistral key"), ("decoy", "no Mistral key")):
            folder = os.path.join(scratch, kind)
            write_files(folder, kind)
            ours, theirs = seen_by_leeward(folder), seen_by_kingfisher(folder, binary)
            total = len(os.listdir(folder))
            print(f"{total} contexts with {meaning}: leeward reports {len(ours)}, kingfisher {len(theirs)}, "
                  f"kingfisher alone {len(theirs - ours)}")


if __name__ == "__main__":
    main()
