#!/usr/bin/env bash
# A call with sound in both directions, as an intercom. One side waits for calls, the other calls it by name; a browser can
# be either of them: open the page, "Calls".
#
#   pipelines/two-way-audio.sh ws://127.0.0.1:8080/ door             # waits for calls, one after the other
#   pipelines/two-way-audio.sh ws://127.0.0.1:8080/ desk door        # calls; ends when one side hangs up
#
# Options by environment: SOURCE (the microphone, default autoaudiosrc), SINK (the loudspeaker, default autoaudiosink),
# ECHO_CANCELLATION (default true; false with headphones, where there is no echo).
#
# You must see "Setting pipeline to PLAYING" and hear the other side. Ctrl-C hangs up.
set -euo pipefail

usage="Usage: pipelines/two-way-audio.sh ws://HOST:PORT/ROOM MY-NAME [OTHER-NAME]"
uri=${1:?$usage}
me=${2:?$usage}
other=${3-}
source=${SOURCE:-autoaudiosrc}
sink=${SINK:-autoaudiosink}

if [[ -n $other ]]; then call=(peer="$other"); else call=(on-end=wait); fi
# shellcheck disable=SC2086 # source and sink are pieces of a pipeline
exec gst-launch-1.0 -e rtcpeer name=p uri="$uri" stream="$me" "${call[@]}" \
  echo-cancellation="${ECHO_CANCELLATION:-true}" \
  $source ! audioconvert ! audioresample ! queue ! p. \
  p.audio_src_0 ! queue ! audioconvert ! audioresample ! $sink
