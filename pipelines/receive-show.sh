#!/usr/bin/env bash
# Receives a stream and shows it in a window with sound; waits for the stream when it is not there yet.
#
#   pipelines/receive-show.sh ws://127.0.0.1:8080/ test
#
# You must see: a window with the published picture, and hear its sound, until the publisher ends; then the command
# ends too.
#
# VIDEO_SINK, AUDIO_SINK  where they go instead of a window and the loudspeaker, e.g. fakesink on a machine without
set -euo pipefail

uri=${1:?Usage: pipelines/receive-show.sh ws://HOST:PORT/ROOM STREAM}
stream=${2:?Usage: pipelines/receive-show.sh ws://HOST:PORT/ROOM STREAM}

# A sink may have properties, so its words are taken apart.
read -ra video_sink <<<"${VIDEO_SINK:-autovideosink}"
read -ra audio_sink <<<"${AUDIO_SINK:-autoaudiosink}"

exec gst-launch-1.0 rtcsrc name=r uri="$uri" stream="$stream" \
  r.video_0 ! queue ! videoconvert ! "${video_sink[@]}" \
  r.audio_0 ! queue ! audioconvert ! audioresample ! "${audio_sink[@]}"
