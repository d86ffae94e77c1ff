package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"

	"custody/impact"
	"custody/impact/wire"
	"custody/internal/git"
)

// A facts file is a paged one. Its head is, little-endian:
//
//	number of entries (4), bytes of an id (1), number of languages (1), and for each
//	its version (2), length of name (1), name
//
// and its content:
//
//	records  see impact.AppendRecord
//	entry    blob id, language (1), start of record (4), length of record (4); sorted by
//	         id, then language
const (
	magic      = "custody facts\x00\x00\x05"
	maxEntries = 4 << 20
)

// A file is a parsed one. The zero value has no entries.
type file struct {
	languages []language
	idSize    int
	count     int
	entries   int // where they begin in the content
	content   wire.Region
	damaged   bool // something in it could not be read
}

type language struct {
	name    string
	version uint16
}

func (f *file) entrySize() int { return f.idSize + 9 }

// parse checks the lengths. What an entry points to is checked when it is asked for.
func parse(head string, content wire.Region) (*file, error) {
	d := wire.Decoder{Rest: head}
	f := &file{count: int(le(d.Take(4))), idSize: int(d.Byte()), content: content}
	for range int(d.Byte()) {
		l := language{version: uint16(d.Byte()) | uint16(d.Byte())<<8}
		l.name = d.Take(int(d.Byte()))
		f.languages = append(f.languages, l)
	}
	if d.Bad || d.Rest != "" || f.count > maxEntries || f.idSize != 20 && f.idSize != 32 || f.count*f.entrySize() > content.Len() {
		return nil, errors.New("its head is malformed")
	}
	f.entries = content.Len() - f.count*f.entrySize()
	return f, nil
}

func le(s string) uint64 {
	var n uint64
	for i := range len(s) {
		n |= uint64(s[i]) << (8 * i)
	}
	return n
}

// find is the place of the entry for a key, or -1.
func (f *file) find(k impact.FactKey) int {
	id := string(k.Blob.Bytes())
	if len(id) != f.idSize {
		return -1
	}
	for l, known := range f.languages {
		if known.name != k.Language || known.version != k.Version {
			continue
		}
		want := id + string([]byte{byte(l)})
		i := sort.Search(f.count, func(i int) bool { return string(f.entry(i)[:len(want)]) >= want })
		if i < f.count && string(f.entry(i)[:len(want)]) == want {
			return i
		}
	}
	return -1
}

// entry is zeros when it can not be read.
func (f *file) entry(i int) []byte {
	if b := f.content.Bytes(f.entries+i*f.entrySize(), f.entrySize()); b != nil {
		return b
	}
	f.damaged = true
	return make([]byte, f.entrySize())
}

// key is that of an entry; ok is false when the entry makes no sense.
func (f *file) key(i int) (k impact.FactKey, ok bool) {
	e := f.content.Bytes(f.entries+i*f.entrySize(), f.entrySize())
	if e == nil {
		f.damaged = true
		return k, false
	}
	id, err := git.OIDFromBytes(e[:f.idSize])
	l := int(e[f.idSize])
	if err != nil || l >= len(f.languages) {
		return k, false
	}
	return impact.FactKey{Blob: id, Language: f.languages[l].name, Version: f.languages[l].version}, true
}

// record is the encoded fact of an entry; empty when it can not be read.
func (f *file) record(i int) string {
	e := f.entry(i)[f.idSize+1:]
	start, length := wire.Uint32(e), wire.Uint32(e[4:])
	b := f.content.Bytes(int(start), int(length))
	f.damaged = f.damaged || b == nil
	return string(b)
}

// A pair is an entry on its way into a file.
type pair struct {
	key    impact.FactKey
	record func(b []byte) (_ []byte, ok bool) // appends it; one that can not be written is left out
}

// format writes a file. Pairs are sorted by id, then by place of their language in
// languages, and all ids have one size.
func format(out pagedOutput, languages []language, pairs []pair) error {
	idSize := 20
	if len(pairs) > 0 {
		idSize = len(pairs[0].key.Blob.Bytes())
	}
	head := []byte{0, 0, 0, 0, byte(idSize), byte(len(languages))} // the number follows
	place := map[language]byte{}
	for i, l := range languages {
		if i > 254 || len(l.name) > 255 {
			return fmt.Errorf("more than 255 languages, or language %.20q... has too long a name", l.name)
		}
		place[l] = byte(i)
		head = binary.LittleEndian.AppendUint16(head, l.version)
		head = append(append(head, byte(len(l.name))), l.name...)
	}
	if len(pairs) > maxEntries {
		return fmt.Errorf("%d facts are more than the limit of %d", len(pairs), maxEntries)
	}
	return writePaged(out, magic, head, func(w io.Writer) error {
		var entries, record []byte
		count, start := 0, 0
		for _, p := range pairs {
			var ok bool
			if record, ok = p.record(record[:0]); !ok {
				continue
			}
			if _, err := w.Write(record); err != nil {
				return fmt.Errorf("%d facts: %w", len(pairs), err)
			}
			entries = append(entries, p.key.Blob.Bytes()...)
			entries = append(entries, place[language{p.key.Language, p.key.Version}])
			entries = binary.LittleEndian.AppendUint32(entries, uint32(start))
			entries = binary.LittleEndian.AppendUint32(entries, uint32(len(record)))
			start += len(record)
			count++
		}
		binary.LittleEndian.PutUint32(head, uint32(count))
		_, err := w.Write(entries)
		return err
	})
}
