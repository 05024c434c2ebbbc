#!/usr/bin/env python3
"""What the server's hook adds to a push: of a whole history, and of one commit.

Makes a history with `git fast-import` (nobody's, and without a key in it), or
takes a repository that is named; pushes it to a bare repository without the hook
and with it, then one more commit, and prints seconds. Needs a built `leeward`
(`cargo build --release`) and git.

    bench/push.py --commits 10000 --files 100
    bench/push.py --repository PATH
"""

import argparse
import os
import pathlib
import random
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORDS = "push fetch merge tree blob commit index pack delta object ref branch tag note".split()


def git(folder, *args, **more):
    return subprocess.run(["git", "-C", str(folder), *args], check=True, capture_output=True, **more)


def make(folder, commits, files):
    """Each commit changes so many files, in 900 directories."""
    rng = random.Random(1)
    git(folder.parent, "init", "-q", "--bare", str(folder))
    importing = subprocess.Popen(
        ["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE, text=True
    )
    out = importing.stdin
    for number in range(commits):
        out.write("commit refs/heads/main\ncommitter B <b@example.com> %d +0000\n" % (1_700_000_000 + number))
        out.write("data 7\nchange\n\n")
        for _ in range(files):
            path = "d%d/e%d/f%d.txt" % (rng.randrange(30), rng.randrange(30), rng.randrange(40))
            text = "%d\n%s\n" % (rng.getrandbits(60), " ".join(rng.choices(WORDS, k=40)))
            out.write("M 644 inline %s\ndata %d\n%s\n" % (path, len(text), text))
    out.close()
    if importing.wait() != 0:
        raise SystemExit("git fast-import failed")


def server(folder, hook):
    git(folder.parent, "init", "-q", "--bare", str(folder))
    if hook:
        path = folder / "hooks" / "pre-receive"
        path.write_text(hook)
        path.chmod(0o755)


def push(source, target, what):
    began = time.monotonic()
    git(source, "push", "-q", str(target), what)
    return time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repository", type=pathlib.Path)
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--leeward", type=pathlib.Path, default=ROOT / "target/release/leeward")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        source = folder / "source.git"
        if args.repository:
            git(folder, "clone", "-q", "--bare", str(args.repository.resolve()), str(source))
        else:
            make(source, args.commits, args.files)
        head = git(source, "symbolic-ref", "HEAD").stdout.decode().strip()
        if not args.repository:
            git(source, "symbolic-ref", "HEAD", "refs/heads/main")
            head = "refs/heads/main"
        objects = git(source, "count-objects", "-v").stdout.decode()
        print("objects in packs:", objects.split("in-pack: ")[1].split()[0])
        # Whatever it answers, the push passes here: only its time matters.
        hook = (
            "#!/bin/sh\nbegan=$(date +%%s.%%N)\n'%s' hook pre-receive --within 600 2>/dev/null\n"
            "code=$?\necho \"$began $(date +%%s.%%N) $code\" >> '%s'\nexit 0\n"
            % (args.leeward, folder / "times")
        )
        server(folder / "plain.git", "")
        server(folder / "hooked.git", hook)
        environment = dict(GIT_AUTHOR_NAME="B", GIT_AUTHOR_EMAIL="b@example.com",
                           GIT_COMMITTER_NAME="B", GIT_COMMITTER_EMAIL="b@example.com")
        os.environ.update(environment)
        for what in ("whole history", "one commit"):
            if what == "one commit":
                tree = git(source, "rev-parse", head + "^{tree}").stdout.decode().strip()
                blob = git(source, "hash-object", "-w", "--stdin", input=b"new\n").stdout.decode().strip()
                listed = git(source, "ls-tree", tree).stdout
                listed += ("100644 blob %s\tnew-file-of-bench\n" % blob).encode()
                made = git(source, "mktree", input=listed).stdout.decode().strip()
                commit = git(source, "commit-tree", made, "-p", head, "-m", "one").stdout.decode().strip()
                git(source, "update-ref", head, commit)
            plain = push(source, folder / "plain.git", head)
            hooked = push(source, folder / "hooked.git", head)
            began, ended, code = (folder / "times").read_text().splitlines()[-1].split()
            took = float(ended) - float(began)
            print("%-14s plain %.2f s, with the hook %.2f s, the hook itself %.3f s (exit %s)"
                  % (what, plain, hooked, took, code))


main()
