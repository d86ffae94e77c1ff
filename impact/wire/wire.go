// Package wire is how facts and graphs are written into files: integers as uvarints,
// strings and lists with their length in front.
//
// It promises that no input makes a Decoder panic or ask for more memory than the input
// is long, and that each integer has one encoding.
package wire

import "encoding/binary"

// AppendUint appends an integer.
func AppendUint(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

// AppendString appends a string.
func AppendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// AppendStrings appends a list of strings.
func AppendStrings(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = AppendString(b, s)
	}
	return b
}

// A Decoder reads from the front of Rest. Once Bad, it stays bad and yields zeros. The
// strings that it gives are parts of Rest.
type Decoder struct {
	Rest string
	Bad  bool
}

// Fail makes the decoder bad.
func (d *Decoder) Fail() { d.Bad, d.Rest = true, "" }

// Byte reads one byte.
func (d *Decoder) Byte() byte {
	if d.Rest == "" {
		d.Fail()
		return 0
	}
	c := d.Rest[0]
	d.Rest = d.Rest[1:]
	return c
}

// Uint reads a uvarint in its shortest form, of at most max.
func (d *Decoder) Uint(max uint64) uint64 {
	var x uint64
	for shift := 0; shift < 64; shift += 7 {
		c := d.Byte()
		if shift == 63 && c > 1 || shift > 0 && c == 0 {
			break
		}
		x |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if x > max {
				break
			}
			return x
		}
	}
	d.Fail()
	return 0
}

// Count reads the length of a list whose elements take at least least bytes each, so
// that a short lie can not ask for much memory.
func (d *Decoder) Count(least int) int {
	return int(d.Uint(uint64(len(d.Rest) / least)))
}

// String reads a string.
func (d *Decoder) String() string {
	n := d.Uint(uint64(len(d.Rest)))
	if n > uint64(len(d.Rest)) { // the length itself took bytes
		d.Fail()
		return ""
	}
	return d.Take(int(n))
}

// Take cuts n bytes off the front.
func (d *Decoder) Take(n int) string {
	if n > len(d.Rest) {
		d.Fail()
		return ""
	}
	s := d.Rest[:n]
	d.Rest = d.Rest[n:]
	return s
}

// Strings reads a list of strings; an empty one is nil.
func (d *Decoder) Strings() []string {
	n := d.Count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.String()
	}
	return list
}
