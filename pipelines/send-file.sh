#!/usr/bin/env bash
# Sends a file to whoever is there when it begins, whole or not at all; waits for the first receiver.
#
#   pipelines/send-file.sh ws://127.0.0.1:8080/ drop film.webm
#
# You must see: once receive-file.sh (or another rtcsrc) runs, the command ends by itself when the receiver has the last
# byte. A receiver that comes later is told so.
set -euo pipefail

usage="Usage: pipelines/send-file.sh ws://HOST:PORT/ROOM STREAM FILE"
uri=${1:?$usage}
stream=${2:?$usage}
file=${3:?$usage}

exec gst-launch-1.0 rtcsink name=s uri="$uri" stream="$stream" data_0::label=file data_0::data-framing=stream \
  filesrc location="$file" blocksize=65536 ! s.data_0
