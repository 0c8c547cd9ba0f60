#!/usr/bin/env bash
# Records a stream into a Matroska file as it comes, without decoding; waits for the stream when it is not there yet.
#
#   pipelines/receive-record.sh ws://127.0.0.1:8080/ film got.mkv
#
# You must see: when the publisher ends, the command ends by itself, and the file plays with picture and sound in any
# player, in the codecs that were sent ("gst-discoverer-1.0 got.mkv" names them).
set -euo pipefail

usage="Usage: pipelines/receive-record.sh ws://HOST:PORT/ROOM STREAM FILE"
uri=${1:?$usage}
stream=${2:?$usage}
file=${3:?$usage}

# -e: stopped with Ctrl-C, the file is finished first.
exec gst-launch-1.0 -e rtcsrc name=r uri="$uri" stream="$stream" \
  matroskamux name=m ! filesink location="$file" \
  r.video_0 ! queue ! m.video_0 \
  r.audio_0 ! queue ! m.audio_0
