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
	file  io.ReaderAt
	at    int64 // where the pages begin
	size  int   // of the content
	sums  string
	there []atomic.Pointer[[]byte] // pages that were read
	mu    sync.Mutex               // for reading more
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
	p.size = int(size - p.at)
	p.there = make([]atomic.Pointer[[]byte], count)
	return string(start[pagedHead:headEnd]), p, nil
}

// Len implements wire.Region.
func (p *pages) Len() int { return p.size }

// Bytes implements wire.Region. What lies in several pages is copied.
func (p *pages) Bytes(off, n int) []byte {
	if off < 0 || n < 0 || off > p.size || n > p.size-off {
		return nil
	}
	if n == 0 {
		return []byte{}
	}
	i := off / pageSize
	page := p.page(i)
	if page == nil {
		return nil
	}
	off -= i * pageSize
	if off+n <= len(page) {
		return page[off : off+n : off+n]
	}
	all := append(make([]byte, 0, n), page[off:]...)
	for len(all) < n {
		i++
		if page = p.page(i); page == nil {
			return nil
		}
		all = append(all, page[:min(len(page), n-len(all))]...)
	}
	return all
}

// page reads a page, once; nil when it is not what was written.
func (p *pages) page(i int) []byte {
	if page := p.there[i].Load(); page != nil {
		return *page
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if page := p.there[i].Load(); page != nil {
		return *page
	}
	page := make([]byte, min(pageSize, p.size-i*pageSize))
	if n, _ := p.file.ReadAt(page, p.at+int64(i)*pageSize); n < len(page) {
		return nil
	}
	if uint64(crc32.Checksum(page, castagnoli())) != le(p.sums[4*i:4*i+4]) {
		return nil
	}
	p.there[i].Store(&page)
	return page
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
