package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"
)

func newCertificate() (webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Certificate{}, err
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return webrtc.Certificate{}, err
	}
	return *certificate, nil
}

// A connection that accepts what browsers do: retransmissions, transport-wide feedback, RTCP reports; but only the SRTP
// cipher that GStreamer has, so that publishers pay the same as for webrtcbin's. It requests no retransmissions: pion
// does not put them into the stream, and would request them again and again.
func newConnection(certificate webrtc.Certificate, counter *counter) (*webrtc.PeerConnection, error) {
	engine, interceptors, settings := &webrtc.MediaEngine{}, &interceptor.Registry{}, webrtc.SettingEngine{}
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	// Our first message may come before the publisher expects it; browsers do not wait for a second then, either.
	settings.SetDTLSRetransmissionInterval(50 * time.Millisecond)
	if err := engine.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	for _, uri := range []string{sdp.ABSSendTimeURI, sdp.SDESMidURI} {
		extension := webrtc.RTPHeaderExtensionCapability{URI: uri}
		if err := engine.RegisterHeaderExtension(extension, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, err
		}
	}
	interceptors.Add(counter)
	if err := webrtc.ConfigureRTCPReports(interceptors); err != nil {
		return nil, err
	}
	if err := webrtc.ConfigureTWCCSender(engine, interceptors); err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings))
	return api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{certificate}})
}
