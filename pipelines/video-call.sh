#!/usr/bin/env bash
# A call with picture and sound in both directions. One side waits for calls, the other calls it by name; a browser can be
# either of them: open the page, "Calls".
#
#   pipelines/video-call.sh ws://127.0.0.1:8080/ kitchen             # waits for a call
#   pipelines/video-call.sh ws://127.0.0.1:8080/ office kitchen      # calls
#
# Options by environment: CAMERA (default autovideosrc), SCREEN (default autovideosink), SOURCE (the microphone, default
# autoaudiosrc), SINK (the loudspeaker, default autoaudiosink). Test picture and tone: CAMERA="videotestsrc is-live=true"
# SOURCE="audiotestsrc is-live=true".
#
# You must see and hear the other side. It ends when one side hangs up; Ctrl-C hangs up.
set -euo pipefail

usage="Usage: pipelines/video-call.sh ws://HOST:PORT/ROOM MY-NAME [OTHER-NAME]"
uri=${1:?$usage}
me=${2:?$usage}
other=${3-}

if [[ -n $other ]]; then call=(peer="$other"); else call=(); fi
# shellcheck disable=SC2086 # sources and sinks are pieces of a pipeline
exec gst-launch-1.0 -e rtcpeer name=p uri="$uri" stream="$me" "${call[@]}" \
  ${CAMERA:-autovideosrc} ! videoconvert ! queue ! p. \
  ${SOURCE:-autoaudiosrc} ! audioconvert ! audioresample ! queue ! p. \
  p.video_src_0 ! queue ! videoconvert ! ${SCREEN:-autovideosink} \
  p.audio_src_0 ! queue ! audioconvert ! audioresample ! ${SINK:-autoaudiosink}
