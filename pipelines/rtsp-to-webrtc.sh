#!/usr/bin/env bash
# Shows an RTSP camera with H.264 video in browsers. The video is not encoded again, the audio is.
#
#   pipelines/rtsp-to-webrtc.sh rtsp://user:password@camera/stream
#
# You must see: on the page the stream "camera", live, with sound. A camera that is set to B-frames or the High profile
# must be set to Baseline or Main for browsers to take it.
#
# LISTEN  host:port of the page and signaling (127.0.0.1:8080)    URI  a server to publish through instead of LISTEN
# STREAM  name of the stream (camera)                           AUDIO  "no" for a camera without a microphone
set -euo pipefail

camera=${1:?Usage: pipelines/rtsp-to-webrtc.sh rtsp://HOST/PATH}
server=listen=${LISTEN:-127.0.0.1:8080}
if [[ -n ${URI:-} ]]; then server=uri=$URI; fi

audio=(r. ! application/x-rtp,media=audio ! decodebin ! audioconvert ! audioresample ! queue ! s.audio_0)
if [[ ${AUDIO:-} == no ]]; then audio=(); fi

exec gst-launch-1.0 rtcsink name=s "$server" stream="${STREAM:-camera}" \
  rtspsrc name=r location="$camera" latency=100 \
  r. ! application/x-rtp,media=video ! rtph264depay ! h264parse ! queue ! s.video_0 \
  "${audio[@]}"
