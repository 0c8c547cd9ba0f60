// One end of a data channel on pion for rtc-bench data: `send SIZE` or `receive`. What the ends and it tell one another
// is in ../end.py.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/webrtc/v3"
)

// How much waits in the channel, as in ../browser.mjs.
const (
	highWater = 1 << 20
	lowWater  = 1 << 18
)

type line struct {
	Offer  string `json:"offer,omitempty"`
	Answer string `json:"answer,omitempty"`
}

func say(message interface{}) {
	text, err := json.Marshal(message)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func newConnection() *webrtc.PeerConnection {
	settings := webrtc.SettingEngine{}
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	connection, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	must(err)
	return connection
}

// The description with all candidates.
func describe(connection *webrtc.PeerConnection, description webrtc.SessionDescription, err error) string {
	must(err)
	gathered := webrtc.GatheringCompletePromise(connection)
	must(connection.SetLocalDescription(description))
	<-gathered
	return connection.LocalDescription().SDP
}

func fill(channel *webrtc.DataChannel, message []byte) {
	low := make(chan struct{}, 1)
	channel.SetBufferedAmountLowThreshold(lowWater)
	channel.OnBufferedAmountLow(func() {
		select {
		case low <- struct{}{}:
		default:
		}
	})
	for channel.Send(message) == nil {
		if channel.BufferedAmount() > highWater {
			<-low
		}
	}
}

func send(input *bufio.Scanner, size int) {
	connection := newConnection()
	channel, err := connection.CreateDataChannel("bench", nil)
	must(err)
	channel.OnOpen(func() { go fill(channel, make([]byte, size)) })
	offer, err := connection.CreateOffer(nil)
	say(line{Offer: describe(connection, offer, err)})
	for input.Scan() {
		var message line
		if json.Unmarshal(input.Bytes(), &message) == nil && message.Answer != "" {
			must(connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: message.Answer}))
		}
	}
}

// What came, and the longest time in which nothing did.
type arrivals struct {
	sync.Mutex
	bytes int
	last  time.Time
	gap   time.Duration
}

func (a *arrivals) add(size int) {
	a.Lock()
	defer a.Unlock()
	now := time.Now()
	if gap := now.Sub(a.last); gap > a.gap {
		a.gap = gap
	}
	a.last = now
	a.bytes += size
}

var start = time.Now()

func (a *arrivals) mark() {
	a.add(0)
	a.Lock()
	defer a.Unlock()
	say(map[string]float64{"time": a.last.Sub(start).Seconds(), "bytes": float64(a.bytes), "stall": a.gap.Seconds()})
	a.gap = 0
}

func receive(input *bufio.Scanner) {
	connection := newConnection()
	arrived := &arrivals{last: start}
	connection.OnDataChannel(func(channel *webrtc.DataChannel) {
		channel.OnMessage(func(message webrtc.DataChannelMessage) { arrived.add(len(message.Data)) })
	})
	for input.Scan() {
		var message line
		if json.Unmarshal(input.Bytes(), &message) != nil || message.Offer == "" {
			arrived.mark()
			continue
		}
		must(connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: message.Offer}))
		answer, err := connection.CreateAnswer(nil)
		say(line{Answer: describe(connection, answer, err)})
	}
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("rtc-bench data/pion: ")
	signal.Ignore(os.Interrupt) // the end of standard input ends us
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	if len(os.Args) == 3 && os.Args[1] == "send" {
		size, err := strconv.Atoi(os.Args[2])
		must(err)
		send(input, size)
	} else {
		receive(input)
	}
}
