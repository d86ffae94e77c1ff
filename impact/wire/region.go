package wire

import "encoding/binary"

// A Region is a run of bytes, in a file or in memory, of which only what is asked for
// need ever be read. It may be used by several goroutines.
type Region interface {
	Len() int
	// Bytes are the n bytes from off on, for reading only; nil when they are not there, or
	// are not those that were written.
	Bytes(off, n int) []byte
}

// Memory is a Region.
type Memory []byte

// Len implements Region.
func (m Memory) Len() int { return len(m) }

// Bytes implements Region.
func (m Memory) Bytes(off, n int) []byte {
	if off < 0 || n < 0 || off > len(m) || n > len(m)-off {
		return nil
	}
	return m[off : off+n : off+n]
}

// AppendUint32 appends an integer of four bytes, little-endian: those of a table in which
// one looks up its rows by number.
func AppendUint32(b []byte, n uint32) []byte { return binary.LittleEndian.AppendUint32(b, n) }

// Uint32 reads such an integer from the front of b.
func Uint32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
