#!/usr/bin/env bash
# Publishes a test picture with a running clock and a tone: the shortest way to see that everything works.
#
#   pipelines/publish-test.sh                                  then open http://127.0.0.1:8080/
#   URI=ws://host:8080/room STREAM=bars pipelines/publish-test.sh
#
# You must see: on the page the stream "test", color bars with the time since the start running in the corner at 30
# frames a second, and hear a tone of 440 Hz.
#
# LISTEN  host:port of the page and signaling (127.0.0.1:8080)    URI  a server to publish through instead of LISTEN
# STREAM  name of the stream (test)
set -euo pipefail

server=listen=${LISTEN:-127.0.0.1:8080}
if [[ -n ${URI:-} ]]; then server=uri=$URI; fi

exec gst-launch-1.0 rtcsink name=s "$server" stream="${STREAM:-test}" \
  videotestsrc is-live=true ! video/x-raw,width=1280,height=720,framerate=30/1 ! timeoverlay ! queue ! s.video_0 \
  audiotestsrc is-live=true freq=440 volume=0.2 ! audio/x-raw,rate=48000,channels=2 ! queue ! s.audio_0
