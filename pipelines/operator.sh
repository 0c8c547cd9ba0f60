#!/usr/bin/env bash
# Operates a robot (robot.sh): sends it what is typed, line by line, prints its telemetry and shows its picture.
#
#   pipelines/operator.sh ws://127.0.0.1:8080/ rover
#
# VIDEO_SINK is another sink than a window. You must see: the robot's picture and its lines; what is typed
# comes out of robot.sh. Ctrl-C ends it, and so does the robot's end.
set -euo pipefail

usage="Usage: pipelines/operator.sh ws://HOST:PORT/ROOM NAME"
uri=${1:?$usage}
name=${2:?$usage}

# A sink may have properties, so its words are taken apart.
read -ra video_sink <<<"${VIDEO_SINK:-autovideosink}"

# What is typed before the robot is there waits for it.
exec gst-launch-1.0 -q rtcsrc name=r uri="$uri" stream="$name" data-labels=telemetry data_sink_0::label=commands \
  fdsrc fd=0 do-timestamp=true ! "text/x-raw,format=utf8" ! r.data_sink_0 \
  r.data_0 ! fdsink fd=1 sync=false \
  r.video_0 ! queue ! videoconvert ! "${video_sink[@]}"
