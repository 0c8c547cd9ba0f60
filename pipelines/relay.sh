#!/usr/bin/env bash
# Takes a stream from one server and publishes it through another, without decoding it: the viewers of the second
# server cost the first publisher one viewer.
#
#   pipelines/relay.sh ws://studio:8080/ film ws://edge:8080/
#
# You must see: on the page of the second server the stream under the same name, playing with sound; this process uses
# a few percent of a core, for it encodes nothing.
#
# STREAM  another name on the second server
set -euo pipefail

usage="Usage: pipelines/relay.sh ws://FROM:PORT/ROOM STREAM ws://TO:PORT/ROOM"
from=${1:?$usage}
stream=${2:?$usage}
to=${3:?$usage}

exec gst-launch-1.0 rtcsrc name=r uri="$from" stream="$stream" \
  rtcsink name=s uri="$to" stream="${STREAM:-$stream}" \
  r.video_0 ! queue ! s.video_0 \
  r.audio_0 ! queue ! s.audio_0
