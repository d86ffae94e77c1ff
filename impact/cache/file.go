package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"sort"
	"strings"

	"custody/impact"
	"custody/impact/wire"
	"custody/internal/git"
)

// A file holds, little-endian:
//
//	header   magic (16 bytes, the last one is the format's version), CRC-32C of all that
//	         follows (4), length of the file (8), number of entries (4), number of
//	         languages (1), bytes of an id (1), 0 (2)
//	language version (2), length of name (1), name; one for each
//	entry    blob id, language (1), start of record (4), length of record (4); sorted by
//	         id, then language
//	records  see record.go
//
// The checksum is there for accidents. Against people there is the file's owner and mode:
// who may write the file could write any checksum.
const (
	magic       = "custody facts\x00\x00\x02"
	checkedFrom = 20
	headerSize  = 36
	maxFile     = 256 << 20 // bytes
	maxEntries  = 4 << 20
)

var errShort = errors.New("it is cut short")

// castagnoli makes its table at the first call, and not at each start of the program.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// A file is a parsed one. The zero value has no entries.
type file struct {
	languages []language
	idSize    int
	entries   string // count of them, each entrySize bytes
	count     int
	records   string
}

type language struct {
	name    string
	version uint16
}

func (f *file) entrySize() int { return f.idSize + 9 }

// parse compares the checksum and checks the lengths. What an entry points to is checked
// when it is asked for.
func parse(data string, check uint32) (*file, error) {
	switch {
	case !strings.HasPrefix(data, magic[:len(magic)-1]):
		return nil, errors.New("it is no facts file")
	case !strings.HasPrefix(data, magic):
		return nil, errors.New("it is of another version")
	case len(data) < headerSize || le(data[20:28]) != uint64(len(data)):
		return nil, errShort
	case uint32(le(data[16:20])) != check:
		return nil, errors.New("its checksum is wrong")
	}
	f := &file{count: int(le(data[28:32])), idSize: int(data[33])}
	if f.count > maxEntries || f.idSize != 20 && f.idSize != 32 || data[34] != 0 || data[35] != 0 {
		return nil, errors.New("its header is malformed")
	}
	d := wire.Decoder{Rest: data[headerSize:]}
	for range int(data[32]) {
		l := language{version: uint16(d.Byte()) | uint16(d.Byte())<<8}
		l.name = d.Take(int(d.Byte()))
		f.languages = append(f.languages, l)
	}
	f.entries = d.Take(f.count * f.entrySize())
	if d.Bad {
		return nil, errors.New("its tables are malformed")
	}
	f.records = d.Rest
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
		i := sort.Search(f.count, func(i int) bool { return f.entry(i)[:len(want)] >= want })
		if i < f.count && f.entry(i)[:len(want)] == want {
			return i
		}
	}
	return -1
}

func (f *file) entry(i int) string {
	return f.entries[i*f.entrySize() : (i+1)*f.entrySize()]
}

// key is that of an entry; ok is false when the entry makes no sense.
func (f *file) key(i int) (k impact.FactKey, ok bool) {
	e := f.entry(i)
	id, err := git.OIDFromBytes([]byte(e[:f.idSize]))
	l := int(e[f.idSize])
	if err != nil || l >= len(f.languages) {
		return k, false
	}
	return impact.FactKey{Blob: id, Language: f.languages[l].name, Version: f.languages[l].version}, true
}

// record is the encoded fact of an entry; empty when the entry makes no sense.
func (f *file) record(i int) string {
	e := f.entry(i)[f.idSize+1:]
	start, length := le(e[:4]), le(e[4:8])
	if start+length > uint64(len(f.records)) {
		return ""
	}
	return f.records[start : start+length]
}

// A pair is an entry on its way into a file.
type pair struct {
	key    impact.FactKey
	record string
}

// format writes a file. Pairs are sorted by id, then by place of their language in
// languages, and all ids have one size.
func format(languages []language, pairs []pair) ([]byte, error) {
	idSize := 20
	if len(pairs) > 0 {
		idSize = len(pairs[0].key.Blob.Bytes())
	}
	b := append([]byte(magic), make([]byte, headerSize-len(magic))...)
	binary.LittleEndian.PutUint32(b[28:], uint32(len(pairs)))
	b[32], b[33] = byte(len(languages)), byte(idSize)
	place := map[language]byte{}
	for i, l := range languages {
		if i > 255 || len(l.name) > 255 {
			return nil, fmt.Errorf("more than 255 languages, or language %.20q... has too long a name", l.name)
		}
		place[l] = byte(i)
		b = binary.LittleEndian.AppendUint16(b, l.version)
		b = append(append(b, byte(len(l.name))), l.name...)
	}
	start := 0
	for _, p := range pairs {
		b = append(b, p.key.Blob.Bytes()...)
		b = append(b, place[language{p.key.Language, p.key.Version}])
		b = binary.LittleEndian.AppendUint32(b, uint32(start))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p.record)))
		start += len(p.record)
	}
	for _, p := range pairs {
		b = append(b, p.record...)
	}
	if len(b) > maxFile || len(pairs) > maxEntries {
		return nil, fmt.Errorf("%d facts take %d bytes, over the limit of %d", len(pairs), len(b), maxFile)
	}
	binary.LittleEndian.PutUint64(b[20:], uint64(len(b)))
	binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(b[checkedFrom:], castagnoli()))
	return b, nil
}
