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
//	CRC-32C of all that follows but the pages (4)
//	length of the file (8), of the head (4)
//	head
//	pages, of pageSize bytes each, but the last
//	CRC-32C of each page (4 each)
//
// The checksums are there for accidents. Against people there is the file's owner and mode:
// who may write the file could write any checksum. It is not mapped: a file that shrinks
// while it is mapped kills the process.
const (
	pageSize  = 8 << 10
	pagedHead = 32
	maxFile   = 256 << 20 // bytes
)

var (
	errShort = errors.New("it is cut short")
	errLarge = fmt.Errorf("they take more than the limit of %d bytes", maxFile)
)

// castagnoli makes its table at the first call, and not at each start of the program.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// pages is the content of a paged file: a wire.Region.
type pages struct {
	file  io.ReaderAt
	at    int64 // where the pages begin
	size  int   // of the content
	sums  string
	there []atomic.Pointer[[]byte] // pages that were read
	mu    sync.Mutex               // for more room
	room  []byte                   // for the next pages
	got   int                      // pages that there was room for so far
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
	if headEnd+4*count > size {
		return "", nil, errShort
	}
	checked, err := readAround(f, start, headEnd, size, 4*count)
	if err != nil {
		return "", nil, err
	}
	if crc32.Checksum(checked[20:], castagnoli()) != binary.LittleEndian.Uint32(checked[16:]) {
		return "", nil, errors.New("its checksum is wrong")
	}
	return string(checked[pagedHead:headEnd]), &pages{
		file: f, at: headEnd, size: int(size - headEnd - 4*count),
		sums:  string(checked[headEnd:]),
		there: make([]atomic.Pointer[[]byte], count),
	}, nil
}

// readAround reads what stands before and behind the pages. start is how the file begins.
func readAround(f io.ReaderAt, start []byte, headEnd, size, sums int64) ([]byte, error) {
	around := make([]byte, headEnd+sums)
	if n := copy(around[:headEnd], start); int64(n) < headEnd {
		if m, err := f.ReadAt(around[n:headEnd], int64(n)); m < int(headEnd)-n {
			return nil, errors.Join(errShort, err)
		}
	}
	if n, err := f.ReadAt(around[headEnd:], size-sums); int64(n) < sums {
		return nil, errors.Join(errShort, err)
	}
	return around, nil
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

// page reads a page; nil when it is not what was written. Those who ask for one at the same time
// may each read it, which is seldom, and nobody waits for what another one reads.
func (p *pages) page(i int) []byte {
	if page := p.there[i].Load(); page != nil {
		return *page
	}
	page := p.roomFor(min(pageSize, p.size-i*pageSize))
	if n, _ := p.file.ReadAt(page, p.at+int64(i)*pageSize); n < len(page) {
		return nil
	}
	if uint64(crc32.Checksum(page, castagnoli())) != le(p.sums[4*i:4*i+4]) {
		return nil
	}
	if !p.there[i].CompareAndSwap(nil, &page) {
		return *p.there[i].Load()
	}
	return page
}

// roomFor is memory for a page. To ask for it page by page takes as long as to read them.
func (p *pages) roomFor(n int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.room) < n {
		p.room = make([]byte, pageSize*min(max(p.got, 1), 64, len(p.there)))
	}
	p.got++
	page := p.room[:n:n]
	p.room = p.room[n:]
	return page
}

// A pagedWriter writes such a file, without ever holding it whole.
type pagedWriter struct {
	out  pagedOutput
	page []byte
	sums []byte
	size int // of the content
}

// A pagedOutput is an empty file.
type pagedOutput interface {
	io.Writer
	io.WriterAt
}

// Write takes some of the content.
func (w *pagedWriter) Write(b []byte) (int, error) {
	if w.size += len(b); w.size > maxFile {
		return 0, errLarge
	}
	for rest := b; len(rest) > 0; {
		n := min(pageSize-len(w.page), len(rest))
		w.page, rest = append(w.page, rest[:n]...), rest[n:]
		if len(w.page) == pageSize {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(b), nil
}

func (w *pagedWriter) flush() error {
	if len(w.page) == 0 {
		return nil
	}
	w.sums = binary.LittleEndian.AppendUint32(w.sums, crc32.Checksum(w.page, castagnoli()))
	_, err := w.out.Write(w.page)
	w.page = w.page[:0]
	return err
}

// writePaged writes a file whose content fill writes. fill may still change what stands in
// head, not its length.
func writePaged(out pagedOutput, magic string, head []byte, fill func(io.Writer) error) error {
	w := &pagedWriter{out: out, page: make([]byte, 0, pageSize)}
	if _, err := out.Write(make([]byte, pagedHead+len(head))); err != nil {
		return err
	}
	if err := fill(w); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if _, err := out.Write(w.sums); err != nil {
		return err
	}
	size := pagedHead + len(head) + w.size + len(w.sums)
	if size > maxFile {
		return errLarge
	}
	b := append([]byte(magic), 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(size))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	b = append(b, head...)
	sum := crc32.Update(crc32.Checksum(b[20:], castagnoli()), castagnoli(), w.sums)
	binary.LittleEndian.PutUint32(b[16:], sum)
	_, err := out.WriteAt(b, 0)
	return err
}

// whole is a fill of what is in memory.
func whole(parts ...[]byte) func(io.Writer) error {
	return func(w io.Writer) error {
		for _, p := range parts {
			if _, err := w.Write(p); err != nil {
				return err
			}
		}
		return nil
	}
}
