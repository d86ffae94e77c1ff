package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The container is a zip file after PKWARE's APPNOTE.TXT, of the plainest kind:
// members are stored, because the output of a compressor may change with its version
// and a pack may not; times are the format's first moment, and there is no comment, no
// extra field, no data descriptor, no zip64.
const (
	localMagic   = 0x04034b50
	centralMagic = 0x02014b50
	endMagic     = 0x06054b50
	needVersion  = 10             // 1.0: stored files
	madeBy       = 3<<8 | 10      // Unix, so that the mode counts
	fileMode     = 0o100644 << 16 // external attributes of a readable file
	dosDate      = 0x0021         // 1 January 1980, the earliest there is
	localSize    = 30             // of a local header without its name
	crcAt        = 14             // where it has the checksum of its member
)

// Encode writes the members as a pack.
func Encode(ms *Members) ([]byte, error) {
	if err := checkSizes(ms); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	size := 4 << 10 // more than the headers take
	for _, b := range ms {
		size += len(b)
	}
	out := make([]byte, 0, size)
	var central []byte
	for m, b := range ms {
		name := names[m]
		offset := len(out)
		var same []byte // the fields that both headers share
		same = le.AppendUint16(same, needVersion)
		same = le.AppendUint16(same, 0) // flags
		same = le.AppendUint16(same, 0) // method: stored
		same = le.AppendUint16(same, 0) // time
		same = le.AppendUint16(same, dosDate)
		same = le.AppendUint32(same, crc32.ChecksumIEEE(b))
		same = le.AppendUint32(same, uint32(len(b))) // compressed
		same = le.AppendUint32(same, uint32(len(b)))
		same = le.AppendUint16(same, uint16(len(name)))
		same = le.AppendUint16(same, 0) // extra

		out = le.AppendUint32(out, localMagic)
		out = append(append(append(out, same...), name...), b...)

		central = le.AppendUint32(central, centralMagic)
		central = le.AppendUint16(central, madeBy)
		central = append(central, same...)
		central = le.AppendUint16(central, 0) // comment
		central = le.AppendUint16(central, 0) // disk
		central = le.AppendUint16(central, 0) // internal attributes
		central = le.AppendUint32(central, fileMode)
		central = le.AppendUint32(central, uint32(offset))
		central = append(central, name...)
	}
	start := len(out)
	out = append(out, central...)
	out = le.AppendUint32(out, endMagic)
	out = le.AppendUint32(out, 0) // disks
	out = le.AppendUint16(out, uint16(count))
	out = le.AppendUint16(out, uint16(count))
	out = le.AppendUint32(out, uint32(len(central)))
	out = le.AppendUint32(out, uint32(start))
	return le.AppendUint16(out, 0), nil // comment
}

// Decode reads a pack that Encode wrote. It reads the members from the front and then
// demands that encoding them again gives the very same file: whatever another zip
// reader might find in another place is thereby absent.
func Decode(pack []byte) (*Members, error) {
	switch {
	case len(pack) == 0:
		return nil, errors.New("the file is empty")
	case len(pack) > MaxPack:
		return nil, fmt.Errorf("the file has %d bytes, over a pack's limit of %d", len(pack), MaxPack)
	}
	le := binary.LittleEndian
	var ms Members
	rest := pack
	for m, name := range names {
		head := localSize + len(name)
		if len(rest) < head || le.Uint32(rest) != localMagic || string(rest[localSize:head]) != name {
			return nil, fmt.Errorf("%s does not stand at byte %d: this is no pack, or not as Custody writes it", name, len(pack)-len(rest))
		}
		size := le.Uint32(rest[18:])
		if rest = rest[head:]; uint64(size) > uint64(len(rest)) {
			return nil, fmt.Errorf("%s is cut off: %d of %d bytes", name, len(rest), size)
		}
		ms[m], rest = rest[:size:size], rest[size:]
	}
	again, err := Encode(&ms)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, pack) {
		return nil, different(again, pack, &ms)
	}
	return &ms, nil
}

// different says where a file is not the pack that its members make.
func different(again, pack []byte, ms *Members) error {
	at := 0
	for m, b := range ms {
		if binary.LittleEndian.Uint32(pack[at+crcAt:]) != crc32.ChecksumIEEE(b) {
			return fmt.Errorf("%s was altered: its checksum is another one", names[m])
		}
		at += localSize + len(names[m]) + len(b)
	}
	switch {
	case bytes.HasPrefix(pack, again):
		return fmt.Errorf("the pack ends at byte %d, and the file goes on to byte %d", len(again), len(pack))
	case bytes.HasPrefix(again, pack):
		return fmt.Errorf("the file is cut off: %d of %d bytes", len(pack), len(again))
	}
	i := 0
	for pack[i] == again[i] { // somewhere they differ
		i++
	}
	return fmt.Errorf("byte %d is not what Custody writes there", i)
}
