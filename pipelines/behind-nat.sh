#!/usr/bin/env bash
# Publishes a test picture and a tone from behind a NAT, for viewers behind others: the server tells publisher and viewers
# its STUN and TURN servers, with credentials. docs/nat.md shows how to set up such a server.
#
#   pipelines/behind-nat.sh wss://rtc.example.org/
#
# You must see: on the page of the server the stream "nat", color bars with a tone, also from another network; and here,
# among the messages, "rtc-path" for each viewer. Its local-candidate-type and remote-candidate-type are host, srflx or
# prflx where the media goes directly, and one is relay where it goes through a TURN server; relay-protocol then tells how
# this side reaches that server: udp, tcp or tls.
#
# STREAM  name of the stream (nat)                POLICY  "relay" for TURN servers only, which hides the address (all)
# PORTS   local ports, min-max, as opened in a firewall (any)
set -euo pipefail

uri=${1:?Usage: pipelines/behind-nat.sh ws://HOST:PORT/ROOM}
options=(ice-transport-policy="${POLICY:-all}")
if [[ -n ${PORTS:-} ]]; then options+=(ice-port-range="$PORTS"); fi

# -m: shows the messages of the elements.
exec gst-launch-1.0 -m rtcsink name=s uri="$uri" stream="${STREAM:-nat}" "${options[@]}" \
  videotestsrc is-live=true ! video/x-raw,width=1280,height=720,framerate=30/1 ! timeoverlay ! queue ! s.video_0 \
  audiotestsrc is-live=true freq=440 volume=0.2 ! audio/x-raw,rate=48000,channels=2 ! queue ! s.audio_0
