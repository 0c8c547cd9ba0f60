#!/usr/bin/env bash
# Publishes a film that its viewers steer: they pause it, move in it, and set its speed, all of them the same one.
#
#   pipelines/film-with-seek.sh film.mp4                       then open http://127.0.0.1:8080/?stream=film
#   gst-play-1.0 "rtc+ws://127.0.0.1:8080/?stream=film"        or in a player: the arrow keys seek
#
# You must see: under the picture a slider with the time and the length of the film. Wherever you put it, the picture
# of that place comes within a second, in every window that is open on the page. A pause holds all of them.
#
# LISTEN  host:port of the page and signaling (127.0.0.1:8080)    URI  a server to publish through instead of LISTEN
# STREAM  name of the stream (film)
set -euo pipefail

file=${1:?Usage: pipelines/film-with-seek.sh FILE}
server=listen=${LISTEN:-127.0.0.1:8080}
if [[ -n ${URI:-} ]]; then server=uri=$URI; fi

exec gst-launch-1.0 rtcsink name=s "$server" stream="${STREAM:-film}" control=playback \
  filesrc location="$file" ! decodebin name=d \
  d. ! videoconvert ! queue ! s.video_0 \
  d. ! audioconvert ! queue ! s.audio_0
