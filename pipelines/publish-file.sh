#!/usr/bin/env bash
# Publishes a file with video and audio once, in whatever container and codecs GStreamer reads. The tracks are decoded
# and encoded for the viewers; an endless loop that leaves alone what browsers take is tools/quickstart.
#
#   pipelines/publish-file.sh film.mp4                         then open http://127.0.0.1:8080/
#
# You must see: on the page the stream "film" playing with sound, in real time; the page says when it has ended.
#
# LISTEN  host:port of the page and signaling (127.0.0.1:8080)    URI  a server to publish through instead of LISTEN
# STREAM  name of the stream (film)
set -euo pipefail

file=${1:?Usage: pipelines/publish-file.sh FILE}
server=listen=${LISTEN:-127.0.0.1:8080}
if [[ -n ${URI:-} ]]; then server=uri=$URI; fi

exec gst-launch-1.0 rtcsink name=s "$server" stream="${STREAM:-film}" \
  filesrc location="$file" ! decodebin name=d \
  d. ! videoconvert ! queue ! s.video_0 \
  d. ! audioconvert ! queue ! s.audio_0
