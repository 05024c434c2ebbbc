#!/usr/bin/env bash
# Builds the sources of this action with the toolchain that they name. Runners
# of GitHub have rustup; others need it.
set -euo pipefail
if ! command -v cargo >/dev/null; then
  echo "::error title=Leeward::no cargo here: install Rust, or give the input leeward-path"
  exit 2
fi
# The toolchain is chosen by the directory.
cd "$GITHUB_ACTION_PATH"
cargo install --locked --path crates/cli --root "$RUNNER_TEMP/leeward"
