// A relay for rtc-bench: what comes as RTP (VP8) on a port goes to every viewer, with pion as it is by default.
// It talks with rtc-bench by JSON lines, as relay_publisher.hpp says.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"sync"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
)

type line struct {
	Ready     int    `json:"ready,omitempty"`
	Pid       int    `json:"pid,omitempty"`
	Open      string `json:"open,omitempty"`
	Close     string `json:"close,omitempty"`
	Session   string `json:"session,omitempty"`
	Offer     string `json:"offer,omitempty"`
	Answer    string `json:"answer,omitempty"`
	Candidate string `json:"candidate,omitempty"`
	Mline     uint16 `json:"mline"`
}

var output sync.Mutex

func say(message line) {
	text, _ := json.Marshal(message)
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

func newAPI() (*webrtc.API, error) {
	engine, interceptors, settings := &webrtc.MediaEngine{}, &interceptor.Registry{}, webrtc.SettingEngine{}
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if err := engine.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	if err := webrtc.RegisterDefaultInterceptors(engine, interceptors); err != nil {
		return nil, err
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings)), nil
}

func open(api *webrtc.API, track *webrtc.TrackLocalStaticRTP, session string) (*webrtc.PeerConnection, error) {
	connection, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	sender, err := connection.AddTrack(track)
	if err != nil {
		return nil, err
	}
	go func() { // the interceptors see RTCP only while somebody reads it
		buffer := make([]byte, 1500)
		for {
			if _, _, err := sender.Read(buffer); err != nil {
				return
			}
		}
	}()
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate != nil {
			say(line{Session: session, Candidate: candidate.ToJSON().Candidate})
		}
	})
	offer, err := connection.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	say(line{Session: session, Offer: offer.SDP})
	return connection, connection.SetLocalDescription(offer)
}

func forward(socket *net.UDPConn, track *webrtc.TrackLocalStaticRTP) {
	buffer := make([]byte, 1500)
	for {
		size, err := socket.Read(buffer)
		if err != nil {
			return
		}
		_, _ = track.Write(buffer[:size]) // a viewer that is gone is no reason to stop
	}
}

func main() {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		log.Fatal(err)
	}
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "bench")
	if err != nil {
		log.Fatal(err)
	}
	api, err := newAPI()
	if err != nil {
		log.Fatal(err)
	}
	go forward(socket, track)
	say(line{Ready: socket.LocalAddr().(*net.UDPAddr).Port, Pid: os.Getpid()})
	viewers := map[string]*webrtc.PeerConnection{}
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	for input.Scan() {
		var message line
		if json.Unmarshal(input.Bytes(), &message) != nil {
			continue
		}
		viewer := viewers[message.Session]
		switch {
		case message.Open != "":
			if viewers[message.Open], err = open(api, track, message.Open); err != nil {
				log.Fatal(err)
			}
		case message.Close != "" && viewers[message.Close] != nil:
			_ = viewers[message.Close].Close()
			delete(viewers, message.Close)
		case viewer != nil && message.Answer != "":
			err = viewer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: message.Answer})
		case viewer != nil && message.Candidate != "":
			err = viewer.AddICECandidate(webrtc.ICECandidateInit{Candidate: message.Candidate, SDPMLineIndex: &message.Mline})
		}
		if err != nil {
			log.Print(err)
		}
	}
}
