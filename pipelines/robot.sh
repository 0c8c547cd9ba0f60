#!/usr/bin/env bash
# Drives a robot: its picture and its telemetry go to everybody who watches, and it takes the commands
# of the first operator who comes.
#
#   ./read-sensors | pipelines/robot.sh ws://127.0.0.1:8080/ rover | ./drive-motors
#   pipelines/operator.sh ws://127.0.0.1:8080/ rover         # elsewhere
#
# You must see: the lines of what stands in front of it at the operator's, and on its output the lines that
# the operator types. Ctrl-C ends it.
set -euo pipefail

usage="Usage: pipelines/robot.sh ws://HOST:PORT/ROOM NAME < TELEMETRY > COMMANDS"
uri=${1:?$usage}
name=${2:?$usage}

# No operator comes before the pipeline plays, so nothing is to wait for what the operator sends.
# By radio packets get lost: with parity the picture does not wait until they are sent again.
exec gst-launch-1.0 -q rtcsink name=s uri="$uri" stream="$name" fec=always accept-data=true data_0::label=telemetry \
  data-labels=commands \
  videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 ! queue ! s.video_0 \
  fdsrc fd=0 do-timestamp=true ! "text/x-raw,format=utf8" ! s.data_0 \
  s.data_src_0 ! fdsink fd=1 sync=false async=false
