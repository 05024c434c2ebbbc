#!/bin/sh
# Runs the `leeward` of this repository, and builds it first where that has not been
# done: for the hook `leeward-from-source` of the pre-commit framework, which keeps a
# copy of this repository and runs this file in it. A workspace cannot be installed by
# that framework's own `language: rust`.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
program=$here/target/release/leeward
if [ ! -x "$program" ]; then
  command -v cargo >/dev/null || {
    echo "leeward: \`cargo\` is not on the PATH, so leeward cannot be built and nothing was looked at; use the hook \`leeward\` with an installed one" >&2
    exit 1
  }
  # Git's variables are about the repository that is committed to.
  (unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
   cargo build --release --locked --quiet --package leeward-cli \
     --manifest-path "$here/Cargo.toml" --target-dir "$here/target") >&2
fi
exec "$program" "$@"
