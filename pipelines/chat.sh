#!/usr/bin/env bash
# Says what is typed, line by line, to everybody who listens, and shows what another one says.
#
#   pipelines/chat.sh ws://127.0.0.1:8080/ ann bob      # in one terminal
#   pipelines/chat.sh ws://127.0.0.1:8080/ bob ann      # in another one
#
# You must see: what is typed into one terminal, after Return, in the other one. Ctrl-C ends it.
set -euo pipefail

usage="Usage: pipelines/chat.sh ws://HOST:PORT/ROOM MY-NAME OTHER-NAME"
uri=${1:?$usage}
me=${2:?$usage}
other=${3:?$usage}

# A terminal hands over a line at a time, which becomes a message.
exec gst-launch-1.0 -q rtcsink name=s uri="$uri" stream="$me" data_0::label=chat \
  fdsrc fd=0 do-timestamp=true ! "text/x-raw,format=utf8" ! s.data_0 \
  rtcsrc name=r uri="$uri" stream="$other" data-labels=chat r.data_0 ! fdsink fd=1 sync=false
