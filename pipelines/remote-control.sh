#!/usr/bin/env bash
# Publishes a picture that the viewers' mice act upon: navigationtest stands for an application that takes GstNavigation
# events, such as a browser (wpesrc) or a game.
#
#   pipelines/remote-control.sh                                then open http://127.0.0.1:8080/?stream=desk
#
# You must see: on the page, after a click on "Remote control", a black square that follows the mouse over the picture,
# and squares in other colors where a button is pressed or let go.
#
# LISTEN  host:port of the page and signaling (127.0.0.1:8080)    URI  a server to publish through instead of LISTEN
# STREAM  name of the stream (desk)
set -euo pipefail

server=listen=${LISTEN:-127.0.0.1:8080}
if [[ -n ${URI:-} ]]; then server=uri=$URI; fi

exec gst-launch-1.0 rtcsink name=s "$server" stream="${STREAM:-desk}" control=navigation \
  videotestsrc is-live=true pattern=gradient ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 \
  ! navigationtest ! queue ! s.video_0
