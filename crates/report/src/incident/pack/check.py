#!/usr/bin/env python3
"""Checks an evidence pack of Leeward: the files and the hashes of the log.

Needs nothing but Python 3. Run it in the folder of the pack; it reads, and
writes nothing. It ends with 0 if everything holds, and with 1 if not.
"""

import hashlib
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def read(name):
    with open(os.path.join(HERE, name), "rb") as file:
        return file.read()


def files():
    """Whether each file has the hash that the manifest says."""
    bad = 0
    for line in read("MANIFEST.txt").decode().splitlines():
        expected, name = line.split("  ", 1)
        if os.path.basename(name) != name:
            sys.exit("MANIFEST.txt names a file outside this folder")
        if hashlib.sha256(read(name)).hexdigest() != expected:
            print("CHANGED:", name)
            bad += 1
    return bad


def event_hash(previous, event):
    incident = "" if event["incident"] is None else str(event["incident"])
    fields = ["leeward event v1", previous, str(event["sequence"]), incident]
    fields += [str(event["seconds"]), event["actor"], event["kind"], event["text"]]
    for name in sorted(event["facts"], key=lambda name: name.encode()):
        fields += [name, event["facts"][name]]
    state = hashlib.sha256()
    for field in fields:
        data = field.encode()
        state.update(struct.pack(">Q", len(data)) + data)
    return state.hexdigest()


def log():
    """Whether each entry of the log has the hash that follows from it."""
    proof = json.loads(read("log-proof.json"))
    bad = unknown = good = 0
    last = None
    for link in proof["entries"]:
        event, previous = link["event"], link["previous"]
        number = event["sequence"]
        if last and number <= last["sequence"]:
            print("OUT OF ORDER: entry", number)
            bad += 1
        if last and number == last["sequence"] + 1 and previous != last["hash"]:
            print("NOT BOUND to the entry before: entry", number)
            bad += 1
        if event["masked"] or previous is None:
            unknown += 1
        elif event_hash(previous, event) != event["hash"]:
            print("DOES NOT HOLD: entry", number)
            bad += 1
        else:
            good += 1
        last = event
    head = proof["head"]
    if last and head["sequence"] < last["sequence"]:
        print("THE HEAD is older than the last entry")
        bad += 1
    if last and head["sequence"] == last["sequence"] and head["hash"] != last["hash"]:
        print("THE HEAD is not the last entry")
        bad += 1
    print(good, "entries hold,", bad, "faults,", unknown, "cannot be recomputed from here")
    print("head of the log: entry", head["sequence"], head["hash"])
    return bad


if __name__ == "__main__":
    faults = files()
    print("files:", "as written" if faults == 0 else "CHANGED")
    faults += log()
    sys.exit(1 if faults else 0)
