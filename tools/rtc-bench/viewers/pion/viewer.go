package main

import (
	"log"
	"sync"
	"time"

	"github.com/pion/webrtc/v3"
)

type plan struct {
	uri         string
	count       int
	atOnce      bool
	certificate webrtc.Certificate
}

// One viewer: its connection to the rooms server and the one to the publisher. It notes when each step was done.
type viewer struct {
	plan       plan
	start      time.Time
	counter    counter
	signaling  *signaling
	connection *webrtc.PeerConnection    // this and the next: of the signaling's goroutine
	early      []webrtc.ICECandidateInit // came before the offer

	mutex  sync.Mutex // guards stages
	stages map[string]float64
}

func newViewer(plan plan) *viewer {
	v := &viewer{plan: plan, start: time.Now(), stages: map[string]float64{}}
	v.counter.reached = v.reached
	v.signaling = &signaling{viewer: v}
	go func() {
		if err := v.signaling.run(plan.uri); err != nil {
			log.Print(err)
		}
	}()
	return v
}

func (v *viewer) elapsed() float64 {
	return float64(time.Since(v.start)) / float64(time.Millisecond)
}

func (v *viewer) reached(stage string) {
	elapsed := v.elapsed()
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if _, known := v.stages[stage]; !known {
		v.stages[stage] = elapsed
	}
}

func (v *viewer) has(stage string) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	_, known := v.stages[stage]
	return known
}

func (v *viewer) wait(stage string, deadline time.Time) {
	for !v.has(stage) && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
}

// The stages, and the age.
func (v *viewer) report() map[string]float64 {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	result := map[string]float64{"age": v.elapsed()}
	for stage, elapsed := range v.stages {
		result[stage] = elapsed
	}
	return result
}

// Makes ready for the offer.
func (v *viewer) prepare() (err error) {
	v.connection, err = newConnection(v.plan.certificate, &v.counter)
	if err != nil {
		return err
	}
	v.connection.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) {
		switch state {
		case webrtc.ICEConnectionStateChecking:
			v.reached("checking")
		case webrtc.ICEConnectionStateConnected:
			v.reached("ice")
		}
	})
	v.connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			v.reached("dtls")
		case webrtc.PeerConnectionStateFailed:
			v.reached("failed")
		}
	})
	v.connection.OnTrack(drain)
	return nil
}

// The interceptors see packets, RTP and RTCP, only while somebody reads them.
func drain(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	go func() {
		buffer := make([]byte, 1500)
		for err := error(nil); err == nil; {
			_, _, err = receiver.Read(buffer)
		}
	}()
	buffer := make([]byte, 1500)
	for err := error(nil); err == nil; {
		_, _, err = track.Read(buffer)
	}
}

func (v *viewer) answer(offer webrtc.SessionDescription) error {
	if err := v.connection.SetRemoteDescription(offer); err != nil {
		return err
	}
	answer, err := v.connection.CreateAnswer(nil)
	if err != nil {
		return err
	}
	// With the candidates, which take no time without STUN. A check that came before its candidate would have a
	// publisher on pion wait for better ones, a whole second.
	gathered := webrtc.GatheringCompletePromise(v.connection)
	if err := v.connection.SetLocalDescription(answer); err != nil {
		return err
	}
	<-gathered
	v.reached("answer made")
	if err := v.signaling.sendPeer(message{SDP: v.connection.LocalDescription()}); err != nil {
		return err
	}
	for _, candidate := range v.early {
		if err := v.connection.AddICECandidate(candidate); err != nil {
			return err
		}
	}
	v.early = nil
	return nil
}

func (v *viewer) addCandidate(candidate webrtc.ICECandidateInit) error {
	if v.connection.RemoteDescription() == nil {
		v.early = append(v.early, candidate)
		return nil
	}
	return v.connection.AddICECandidate(candidate)
}
