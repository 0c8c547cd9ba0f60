#!/usr/bin/env bash
# Publishes a film that every viewer has to itself: each begins at its beginning, pauses it, moves in it and sets its
# speed, and nobody else notices.
#
#   pipelines/film-private.sh film.mp4                         then open http://127.0.0.1:8080/?stream=film, twice
#   gst-play-1.0 "rtc+ws://127.0.0.1:8080/?stream=film"        or in a player: the arrow keys seek
#
# You must see: under the picture a slider with the time and the length of the film. What you do with it in one window
# leaves the others as they are. A window that is one too many says that there are VIEWERS of them already.
#
# LISTEN  host:port of the page and signaling (127.0.0.1:8080)    URI      a server to publish through instead of LISTEN
# STREAM  name of the stream (film)                               VIEWERS  most viewers at a time (16)
set -euo pipefail

file=${1:?Usage: pipelines/film-private.sh FILE}
server=listen=${LISTEN:-127.0.0.1:8080}
if [[ -n ${URI:-} ]]; then server=uri=$URI; fi

exec gst-launch-1.0 rtcsink "$server" stream="${STREAM:-film}" control=playback \
  playback-uri="$(python3 -c 'import pathlib, sys; print(pathlib.Path(sys.argv[1]).resolve().as_uri())' "$file")" \
  max-private="${VIEWERS:-16}"
