package main

import (
	"errors"
	"fmt"
	"log"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"
)

// A message of the rooms protocol, either direction; see plugins/common/signaling/rooms/rooms_protocol.hpp.
type message struct {
	Type      string                     `json:"type"`
	Version   string                     `json:"version,omitempty"`
	PeerID    string                     `json:"peerId,omitempty"`
	Roles     []string                   `json:"roles,omitempty"`
	Producers []producer                 `json:"producers,omitempty"`
	SessionID string                     `json:"sessionId,omitempty"`
	SDP       *webrtc.SessionDescription `json:"sdp,omitempty"`
	ICE       *webrtc.ICECandidateInit   `json:"ice,omitempty"`
	Details   string                     `json:"details,omitempty"`
	Error     string                     `json:"error,omitempty"`
}

type producer struct {
	ID string `json:"id"`
}

// A viewer's connection to the rooms server: asks the first publisher it hears of for a session.
type signaling struct {
	viewer *viewer

	asked bool

	mutex   sync.Mutex // guards what follows; held while writing
	socket  *websocket.Conn
	session string
}

// Until the connection ends.
func (s *signaling) run(uri string) error {
	socket, _, err := websocket.DefaultDialer.Dial(uri, nil)
	if err != nil {
		return fmt.Errorf("no connection to the publisher's server at %s: %w", uri, err)
	}
	s.mutex.Lock()
	s.socket = socket
	s.mutex.Unlock()
	if err := s.send(message{Type: "setProtocolVersion", Version: "v1_1"}); err != nil {
		return err
	}
	for {
		var event message
		if err := socket.ReadJSON(&event); err != nil {
			return fmt.Errorf("the publisher's server is gone: %w", err)
		}
		if err := s.handle(event); err != nil {
			log.Print(err)
		}
	}
}

func (s *signaling) handle(event message) error {
	switch event.Type {
	case "welcome":
		if err := s.send(message{Type: "setPeerStatus", PeerID: event.PeerID, Roles: []string{"listener"}}); err != nil {
			return err
		}
		return s.send(message{Type: "list"})
	case "list":
		s.viewer.reached("signaling")
		if len(event.Producers) > 0 {
			return s.ask(event.Producers[0].ID)
		}
	case "peerStatusChanged":
		for _, role := range event.Roles {
			if role == "producer" {
				return s.ask(event.PeerID)
			}
		}
	case "sessionStarted":
		s.enter(event.SessionID)
		s.viewer.reached("session")
	case "peer":
		s.enter(event.SessionID)
		return s.handlePeer(event)
	case "endSession", "endSessionV1_1":
		return errors.New("the publisher ended the session: " + event.Error)
	case "error":
		return errors.New("the server refused a request: " + event.Details)
	}
	return nil
}

func (s *signaling) handlePeer(event message) error {
	switch {
	case event.SDP != nil:
		s.viewer.reached("offer")
		return s.viewer.answer(*event.SDP)
	case event.ICE != nil:
		return s.viewer.addCandidate(*event.ICE)
	}
	return nil
}

func (s *signaling) ask(peer string) error {
	if s.asked {
		return nil
	}
	s.asked = true
	if err := s.viewer.prepare(); err != nil {
		return err
	}
	s.viewer.reached("asked")
	return s.send(message{Type: "startSession", PeerID: peer})
}

func (s *signaling) enter(session string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.session = session
}

func (s *signaling) send(message message) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.socket.WriteJSON(message)
}

func (s *signaling) sendPeer(message message) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	message.Type, message.SessionID = "peer", s.session
	return s.socket.WriteJSON(message)
}

// The end of the process ends the rest.
func (s *signaling) leave() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.socket != nil && s.session != "" {
		_ = s.socket.WriteJSON(message{Type: "endSession", SessionID: s.session})
	}
}
