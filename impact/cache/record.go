package cache

import (
	"encoding/binary"
	"errors"
	"math"

	"custody/impact"
	"custody/impact/lang"
)

// A record is one impact.Fact. Integers are uvarints, strings and lists have their
// length in front:
//
//	flags (1 generated, 2 damaged), size, package, types[], imports[]
//
// and an import is: kind, level, line, spec, names[]. There is one encoding of each fact,
// and decode accepts no other.
const (
	flagGenerated = 1 << iota
	flagDamaged
)

// appendRecord encodes f; ok is false for a fact that no extractor makes, such as one
// with a negative line.
func appendRecord(b []byte, f *impact.Fact) (_ []byte, ok bool) {
	var flags byte
	if f.Generated {
		flags |= flagGenerated
	}
	if f.Damaged {
		flags |= flagDamaged
	}
	if f.Size < 0 {
		return b, false
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, uint64(f.Size))
	b = appendString(b, f.Package)
	b = appendStrings(b, f.Types)
	b = binary.AppendUvarint(b, uint64(len(f.Imports)))
	for _, imp := range f.Imports {
		if imp.Level < 0 || imp.Level > math.MaxInt32 || imp.Line < 0 || imp.Line > math.MaxInt32 {
			return b, false
		}
		b = append(b, byte(imp.Kind))
		b = binary.AppendUvarint(b, uint64(imp.Level))
		b = binary.AppendUvarint(b, uint64(imp.Line))
		b = appendString(b, imp.Spec)
		b = appendStrings(b, imp.Names)
	}
	return b, true
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendStrings(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendString(b, s)
	}
	return b
}

var errRecord = errors.New("record is malformed")

// decodeRecord reads what appendRecord wrote, to the last byte. Its strings are parts of
// data. An empty list comes back as nil.
func decodeRecord(data string) (*impact.Fact, error) {
	d := decoder{rest: data}
	flags := d.byte()
	f := &impact.Fact{Size: int64(d.uint(math.MaxInt64))}
	f.Generated = flags&flagGenerated != 0
	f.Damaged = flags&flagDamaged != 0
	f.Package = d.string()
	f.Types = d.strings()
	const leastImport = 5 // bytes
	if n := d.count(leastImport); n > 0 {
		f.Imports = make([]lang.Import, n)
	}
	for i := range f.Imports {
		imp := &f.Imports[i]
		imp.Kind = lang.ImportKind(d.byte())
		imp.Level = int(d.uint(math.MaxInt32))
		imp.Line = int(d.uint(math.MaxInt32))
		imp.Spec = d.string()
		imp.Names = d.strings()
	}
	if d.bad || d.rest != "" || flags&^(flagGenerated|flagDamaged) != 0 {
		return nil, errRecord
	}
	return f, nil
}

// A decoder reads from the front of rest. Once bad, it stays bad and yields zeros.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) fail() { d.bad, d.rest = true, "" }

func (d *decoder) byte() byte {
	if d.rest == "" {
		d.fail()
		return 0
	}
	c := d.rest[0]
	d.rest = d.rest[1:]
	return c
}

// uint reads a uvarint in its shortest form, of at most max.
func (d *decoder) uint(max uint64) uint64 {
	var x uint64
	for shift := 0; shift < 64; shift += 7 {
		c := d.byte()
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
	d.fail()
	return 0
}

// count reads the length of a list whose elements take at least least bytes each, so
// that a short lie can not ask for much memory.
func (d *decoder) count(least int) int {
	return int(d.uint(uint64(len(d.rest) / least)))
}

func (d *decoder) string() string {
	n := d.uint(uint64(len(d.rest)))
	if n > uint64(len(d.rest)) { // the length itself took bytes
		d.fail()
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) strings() []string {
	n := d.count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.string()
	}
	return list
}
