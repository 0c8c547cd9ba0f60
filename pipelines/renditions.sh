#!/usr/bin/env bash
# Publishes a test picture in three sizes: each viewer gets the best one that its own path takes, and each size is
# encoded only while somebody uses it.
#
#   pipelines/renditions.sh                                    then open http://127.0.0.1:8080/
#   URI=ws://host:8080/room RENDITIONS=640x360@600k,320x180/15@150k pipelines/renditions.sh
#
# You must see: on the page the stream "test" with 1280x720 under "size". Behind a path that takes less, a smaller size,
# and here a line "rtc-rendition" that has 640x360, 700k and the reason that the path takes less,
# within seconds; the picture goes on without a stop.
#
# LISTEN  host:port of the page and signaling (127.0.0.1:8080)    URI  a server to publish through instead of LISTEN
# STREAM  name of the stream (test)    RENDITIONS  sizes, frame rates and rates
set -euo pipefail

server=listen=${LISTEN:-127.0.0.1:8080}
if [[ -n ${URI:-} ]]; then server=uri=$URI; fi
renditions=${RENDITIONS:-1280x720@2500k,640x360@700k,320x180/15@150k}

exec gst-launch-1.0 -m rtcsink name=s "$server" stream="${STREAM:-test}" video_0::renditions="$renditions" \
  videotestsrc is-live=true pattern=ball ! video/x-raw,width=1280,height=720,framerate=30/1 ! queue ! s.video_0 \
  audiotestsrc is-live=true freq=440 volume=0.2 ! audio/x-raw,rate=48000,channels=2 ! queue ! s.audio_0
