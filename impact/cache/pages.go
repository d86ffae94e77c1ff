package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// A paged file is one of which only what is asked for is read, and of which no byte is
// believed before its checksum was compared. It holds, little-endian:
//
//	magic (16 bytes, the last one is the format's version)
//	CRC-32C of all that follows up to the pages (4)
//	length of the file (8), of the head (4)
//	head
//	CRC-32C of each page (4 each)
//	pages, of pageSize bytes each, but the last
//
// The checksums are there for accidents. Against people there is the file's owner and mode:
// who may write the file could write any checksum. It is not mapped: a file that shrinks
// while it is mapped kills the process.
const (
	pageSize  = 8 << 10
	pagedHead = 32
	maxFile   = 256 << 20 // bytes
)

var errShort = errors.New("it is cut short")

// castagnoli makes its table at the first call, and not at each start of the program.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// pages is the content of a paged file: a wire.Region.
type pages struct {
	file io.ReaderAt
	at   int64 // where the pages begin
	sums string
	data []byte // as long as the content, of which have says what is there
	have []atomic.Bool
	mu   sync.Mutex // for reading more
}

// openPages opens a file that belongs to us alone. Its head is read and checked; that a
// page is damaged comes out when it is asked for.
func openPages(path, magic string) (head string, p *pages, err error) {
	f, err := openFile(path)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return "", nil, err
	}
	if err := checkFile(info); err != nil {
		return "", nil, err
	}
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return "", nil, err
	}
	return parsePages(f, info.Size(), magic)
}

func parsePages(f io.ReaderAt, size int64, magic string) (string, *pages, error) {
	if size > maxFile {
		return "", nil, fmt.Errorf("it has %d bytes, over the limit of %d", size, maxFile)
	}
	start := make([]byte, min(size, pageSize))
	if n, err := f.ReadAt(start, 0); n < len(start) {
		return "", nil, errors.Join(errShort, err)
	}
	switch version := len(magic) - 1; {
	case len(start) < len(magic) || string(start[:version]) != magic[:version]:
		return "", nil, errors.New("it is no file of ours")
	case start[version] != magic[version]:
		return "", nil, errors.New("it is of another version")
	case len(start) < pagedHead || binary.LittleEndian.Uint64(start[20:]) != uint64(size):
		return "", nil, errShort
	}
	// What is left for pages and their checksums decides how many there are.
	headEnd := pagedHead + int64(binary.LittleEndian.Uint32(start[28:]))
	if headEnd > size {
		return "", nil, errShort
	}
	count := (size - headEnd + pageSize + 3) / (pageSize + 4)
	p := &pages{file: f, at: headEnd + 4*count}
	if p.at > size {
		return "", nil, errShort
	}
	if int64(len(start)) < p.at {
		start = make([]byte, p.at)
		if n, err := f.ReadAt(start, 0); n < len(start) {
			return "", nil, errors.Join(errShort, err)
		}
	}
	if crc32.Checksum(start[20:p.at], castagnoli()) != binary.LittleEndian.Uint32(start[16:]) {
		return "", nil, errors.New("its checksum is wrong")
	}
	p.sums = string(start[headEnd:p.at])
	p.data = make([]byte, size-p.at)
	p.have = make([]atomic.Bool, count)
	n := copy(p.data, start[p.at:]) // small files are here already
	p.accept(0, n/pageSize)
	if n == len(p.data) {
		p.accept(0, int(count))
	}
	return string(start[pagedHead:headEnd]), p, nil
}

// Len implements wire.Region.
func (p *pages) Len() int { return len(p.data) }

// Bytes implements wire.Region.
func (p *pages) Bytes(off, n int) []byte {
	if off < 0 || n < 0 || off > len(p.data) || n > len(p.data)-off {
		return nil
	}
	first, end := off/pageSize, (off+n+pageSize-1)/pageSize
	for i := first; i < end; i++ {
		if !p.have[i].Load() && !p.load(i, end) {
			return nil
		}
	}
	return p.data[off : off+n : off+n]
}

// load reads the pages from first to end that are not there yet.
func (p *pages) load(first, end int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for first < end && p.have[first].Load() {
		first++
	}
	last := first
	for last < end && !p.have[last].Load() {
		last++
	}
	if first == last {
		return true
	}
	part := p.data[first*pageSize : min(last*pageSize, len(p.data))]
	if n, _ := p.file.ReadAt(part, p.at+int64(first*pageSize)); n < len(part) {
		return false
	}
	return p.accept(first, last)
}

// accept takes pages that were read, if they are what was written.
func (p *pages) accept(first, end int) bool {
	for i := first; i < end; i++ {
		page := p.data[i*pageSize : min((i+1)*pageSize, len(p.data))]
		if uint64(crc32.Checksum(page, castagnoli())) != le(p.sums[4*i:4*i+4]) {
			return false
		}
		p.have[i].Store(true)
	}
	return true
}

// paged makes such a file of its head and content.
func paged(magic, head string, content []byte) ([]byte, error) {
	count := (len(content) + pageSize - 1) / pageSize
	size := pagedHead + len(head) + 4*count + len(content)
	if size > maxFile {
		return nil, fmt.Errorf("it would take %d bytes, over the limit of %d", size, maxFile)
	}
	b := make([]byte, 0, size)
	b = append(append(b, magic...), 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(size))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	b = append(b, head...)
	for i := range count {
		page := content[i*pageSize : min((i+1)*pageSize, len(content))]
		b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(page, castagnoli()))
	}
	binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(b[20:], castagnoli()))
	return append(b, content...), nil
}
