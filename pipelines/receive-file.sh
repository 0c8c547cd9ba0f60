#!/usr/bin/env bash
# Receives the file that send-file.sh sends; waits for the sender when it is not there yet.
#
#   pipelines/receive-file.sh ws://127.0.0.1:8080/ drop got.webm
#
# You must see: the command ends by itself with exit code 0, and the file is the one that was sent ("cmp" tells). When
# the connection ends before the file, the command says that it was cut short and fails.
set -euo pipefail

usage="Usage: pipelines/receive-file.sh ws://HOST:PORT/ROOM STREAM FILE"
uri=${1:?$usage}
stream=${2:?$usage}
file=${3:?$usage}

exec gst-launch-1.0 rtcsrc name=r uri="$uri" stream="$stream" data-labels=file \
  r.data_0 ! filesink location="$file"
