package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// A packIndex is an index of a pack, version 2, of which only what is asked for is read. As
// gitformat-pack(5) has it, big-endian:
//
//	"\377tOc", version (4)
//	how many ids begin with a byte of at most 0, 1, ... 255 (4 each)
//	the ids, sorted (20 each); their checksums (4 each)
//	where each is in the pack (4 each), or which of the following says so
//	where those are that lie beyond 2 GiB (8 each)
//	checksums of the pack and of all this (20 each)
type packIndex struct {
	file  io.ReaderAt
	first [257]uint32 // of ids with each first byte, and how many there are
	large int64       // of the places beyond 2 GiB
}

const (
	indexHead = 8 + 4*256
	idBytes   = 20
)

var errIndex = errors.New("it is no index of version 2")

func openIndex(file io.ReaderAt, size int64) (*packIndex, error) {
	head := make([]byte, indexHead)
	if n, err := file.ReadAt(head, 0); n < len(head) {
		return nil, errors.Join(errIndex, err)
	}
	if string(head[:8]) != "\377tOc\x00\x00\x00\x02" {
		return nil, errIndex
	}
	x := &packIndex{file: file}
	for i := range 256 {
		x.first[i+1] = binary.BigEndian.Uint32(head[8+4*i:])
	}
	if !slices.IsSorted(x.first[:]) {
		return nil, errIndex
	}
	n := int64(x.first[256])
	x.large = (size - indexHead - n*(idBytes+4+4) - 2*idBytes) / 8
	if x.large < 0 || x.large > n || indexHead+n*(idBytes+4+4)+x.large*8+2*idBytes != size {
		return nil, errIndex
	}
	return x, nil
}

// nearIDs are so many ids as are read at once.
const nearIDs = 128

// find says where in the pack the object of an id begins.
func (x *packIndex) find(id []byte) (at int64, ok bool) {
	low, high := int(x.first[id[0]]), int(x.first[int(id[0])+1])
	// Ids are as good as random: where one should be tells within some dozens where it is.
	from, n := low, high-low
	buf := make([]byte, nearIDs*idBytes)
	for tries := 0; low < high; tries++ {
		middle := low + (high-low)/2
		if tries < 3 {
			middle = from + int(uint64(n)*uint64(binary.BigEndian.Uint32(id[1:]))>>32)
		}
		start := max(low, min(middle-nearIDs/2, high-nearIDs))
		ids := buf[:idBytes*min(nearIDs, high-start)]
		if n, _ := x.file.ReadAt(ids, indexHead+int64(start)*idBytes); n < len(ids) {
			return 0, false
		}
		count := len(ids) / idBytes
		nth := func(i int) []byte { return ids[i*idBytes : (i+1)*idBytes] }
		switch {
		case bytes.Compare(id, nth(0)) < 0:
			high = start
		case bytes.Compare(id, nth(count-1)) > 0:
			low = start + count
		default:
			for i := range count {
				if bytes.Equal(id, nth(i)) {
					return x.place(start + i)
				}
			}
			return 0, false
		}
	}
	return 0, false
}

func (x *packIndex) place(i int) (at int64, ok bool) {
	n := int64(x.first[256])
	places := indexHead + n*(idBytes+4)
	var b [8]byte
	if n, _ := x.file.ReadAt(b[:4], places+4*int64(i)); n < 4 {
		return 0, false
	}
	near := binary.BigEndian.Uint32(b[:])
	if near < 1<<31 {
		return int64(near), true
	}
	far := int64(near &^ (1 << 31))
	if far >= x.large {
		return 0, false
	}
	if n, _ := x.file.ReadAt(b[:], places+4*n+8*far); n < 8 {
		return 0, false
	}
	at = int64(binary.BigEndian.Uint64(b[:]))
	return at, at >= 0
}
