#!/usr/bin/env bash
# One scan, three reports: annotations in the log, SARIF in a file, Markdown in
# the job's summary. How it ended is an output; verdict.sh acts on it.
set -euo pipefail

case "$SCAN_FAIL_ON" in
incomplete | findings | never) ;;
*)
  echo "::error title=Leeward::fail-on is one of incomplete, findings and never"
  exit 2
  ;;
esac

program=${LEEWARD_PATH:-$RUNNER_TEMP/leeward/bin/leeward}
sarif=$SCAN_SARIF
case "$sarif" in
/* | [A-Za-z]:*) ;;
*) sarif=$PWD/$sarif ;;
esac

arguments=(
  scan
  "--confidence=$SCAN_CONFIDENCE"
  --format=github
  "--also=sarif=$sarif"
  "--also=markdown=$GITHUB_STEP_SUMMARY"
)
if [[ $SCAN_RANGE == all ]]; then
  arguments+=(--history-only)
else
  arguments+=("--range=$SCAN_RANGE")
fi
if [[ $SCAN_VERIFY == true ]]; then
  arguments+=(--verify)
fi

cd -- "$SCAN_DIRECTORY"
code=0
"$program" "${arguments[@]}" || code=$?
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
