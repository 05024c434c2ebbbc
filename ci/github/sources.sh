#!/usr/bin/env bash
# A digest of the sources of this action: the same sources, the same program.
set -euo pipefail
cd "$GITHUB_ACTION_PATH"
digest=$(find Cargo.toml Cargo.lock rust-toolchain.toml crates dossiers -type f -print0 |
  LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
echo "digest=$digest" >>"$GITHUB_OUTPUT"
