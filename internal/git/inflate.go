package git

import (
	"bufio"
	"compress/flate"
	"errors"
	"io"
	"sync"
)

var errInflate = errors.New("it is not compressed as git does it")

// An inflater is what inflating takes: more than most objects.
type inflater struct {
	in  *bufio.Reader
	out io.ReadCloser
}

var inflaters = sync.Pool{New: func() any {
	in := bufio.NewReaderSize(nil, 8<<10)
	return &inflater{in, flate.NewReader(in)}
}}

// inflate reads a zlib stream of exactly so many bytes. Its checksum is not looked at: who
// asks compares a better one.
func inflate(from io.Reader, size int) ([]byte, error) {
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	if err := z.begin(from); err != nil {
		return nil, err
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(z.out, data); err != nil {
		return nil, errInflate
	}
	var more [1]byte
	if n, err := z.out.Read(more[:]); n != 0 || err != io.EOF {
		return nil, errInflate
	}
	return data, nil
}

// begin reads the head of a stream, RFC 1950: method 8 and no dictionary.
func (z *inflater) begin(from io.Reader) error {
	z.in.Reset(from)
	head, err := z.in.Peek(2)
	if err != nil || head[0]&15 != 8 || head[0]>>4 > 7 || head[1]&0x20 != 0 || (int(head[0])<<8|int(head[1]))%31 != 0 {
		return errInflate
	}
	z.in.Discard(2)
	return z.out.(flate.Resetter).Reset(z.in, nil)
}
