#!/usr/bin/env bash
# Whether the job fails, after everything was reported.
set -euo pipefail
case "$SCAN_EXIT_CODE/$SCAN_FAIL_ON" in
0/* | 1/never | 3/never | 3/findings) ;;
*) exit "${SCAN_EXIT_CODE:-2}" ;;
esac
