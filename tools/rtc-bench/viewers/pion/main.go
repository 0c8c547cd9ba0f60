// Light viewers for rtc-bench fanout: all of one process, on pion, which count what they get and decode nothing.
// They speak with rtc-bench as its hidden command "view" does, see view_command.cpp.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"time"
)

// As in view_command.cpp.
const (
	joinInterval     = 100 * time.Millisecond
	joinDeadline     = 15 * time.Second
	keyframeDeadline = 6 * time.Second
)

func say(message interface{}) {
	text, err := json.Marshal(message)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}

func join(plan plan) []*viewer {
	var viewers []*viewer
	for i := 0; i < plan.count; i++ {
		viewers = append(viewers, newViewer(plan))
		if !plan.atOnce {
			time.Sleep(joinInterval)
		}
	}
	deadline := time.Now().Add(joinDeadline)
	for _, viewer := range viewers {
		viewer.wait("packet", deadline)
	}
	deadline = time.Now().Add(keyframeDeadline)
	for _, viewer := range viewers {
		if viewer.has("packet") {
			viewer.wait("keyframe", deadline)
		}
	}
	return viewers
}

func reportStages(viewers []*viewer) {
	all := []map[string]float64{}
	for _, viewer := range viewers {
		all = append(all, viewer.report())
	}
	say(map[string]interface{}{"viewers": all})
}

func reportCounts(viewers []*viewer) {
	all := []counts{}
	for _, viewer := range viewers {
		all = append(all, viewer.counter.take())
	}
	say(map[string]interface{}{"viewers": all})
}

func parse(arguments []string) (plan, error) {
	if len(arguments) != 3 {
		return plan{}, fmt.Errorf("run URI COUNT at-once|one-by-one")
	}
	count, err := strconv.Atoi(arguments[1])
	if err != nil {
		return plan{}, err
	}
	// One key for all, as GStreamer's DTLS has it: making keys is not what is measured.
	certificate, err := newCertificate()
	return plan{arguments[0], count, arguments[2] == "at-once", certificate}, err
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("rtc-bench viewers/pion: ")
	signal.Ignore(os.Interrupt) // the end of standard input ends us
	debug.SetGCPercent(400)     // memory is not short, and the publisher needs the cores
	plan, err := parse(os.Args[1:])
	if err != nil {
		log.Fatal(err)
	}
	say(struct{}{})
	var viewers []*viewer
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		switch input.Text() {
		case "join":
			viewers = join(plan)
			reportStages(viewers)
		case "count":
			reportCounts(viewers)
		}
	}
	for _, viewer := range viewers {
		viewer.signaling.leave()
	}
}
