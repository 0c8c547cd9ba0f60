package main

import (
	"encoding/binary"
	"sync"

	"github.com/pion/interceptor"
)

// What came since it was last asked; the names are those of packet_counter.hpp.
type counts struct {
	Packets  int64 `json:"packets"`
	Lost     int64 `json:"lost"`
	Frames   int64 `json:"frames"`
	Bytes    int64 `json:"bytes"`
	Repeated int64 `json:"repeated"`
}

// The interceptor next to the network, which also sees the retransmissions that pion keeps to itself.
type counter struct {
	interceptor.NoOp
	reached func(stage string)

	mutex     sync.Mutex // guards everything below
	bound     bool
	started   bool
	decodable bool
	highest   int64 // extended sequence number
	base      int64 // of the present window
	now       counts
}

func (c *counter) NewInterceptor(string) (interceptor.Interceptor, error) { return c, nil }

// pion binds the track before its retransmissions.
func (c *counter) BindRemoteStream(_ *interceptor.StreamInfo, reader interceptor.RTPReader) interceptor.RTPReader {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	add := c.addRepeated
	if !c.bound {
		c.bound, add = true, c.add
	}
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		size, attributes, err := reader.Read(b, a)
		if err == nil && size > rtpHeaderSize {
			add(b[:size])
		}
		return size, attributes, err
	})
}

func (c *counter) add(packet []byte) {
	sequence := binary.BigEndian.Uint16(packet[2:])
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.started {
		c.started = true
		c.highest = int64(sequence) - 1
		c.base = c.highest
		c.reached("packet")
	}
	if step := int16(sequence - uint16(c.highest)); step > 0 {
		c.highest += int64(step)
	}
	c.now.Packets++
	c.now.Bytes += int64(len(packet))
	if packet[1]&0x80 != 0 {
		c.now.Frames++
	}
	if !c.decodable && beginsKeyframe(packet) {
		c.decodable = true
		c.reached("keyframe")
	}
}

func (c *counter) addRepeated([]byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now.Repeated++
}

func (c *counter) take() counts {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	result := c.now
	result.Lost = c.highest - c.base - result.Packets
	c.now, c.base = counts{}, c.highest
	return result
}

const rtpHeaderSize = 12

// Of VP8: RFC 3550 section 5.1, RFC 7741 sections 4.2 and 4.3.
func beginsKeyframe(packet []byte) bool {
	at := rtpHeaderSize + 4*int(packet[0]&0x0f)
	if packet[0]&0x10 != 0 && at+4 <= len(packet) {
		at += 4 + 4*int(binary.BigEndian.Uint16(packet[at+2:]))
	}
	if at+7 > len(packet) {
		return false
	}
	descriptor := packet[at]
	at++
	if descriptor&0x80 != 0 {
		extension := packet[at]
		at++
		if extension&0x80 != 0 {
			at += 1 + int(packet[at]>>7)
		}
		if extension&0x40 != 0 {
			at++
		}
		if extension&0x30 != 0 {
			at++
		}
	}
	return descriptor&0x17 == 0x10 && packet[at]&1 == 0
}
