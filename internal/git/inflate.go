package git

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"
)

// An inflater reads zlib streams (RFC 1950, 1951) that are in memory, of which it is known how
// much comes out: the objects of a repository, in half of the time that a stream of unknown
// length takes. The checksum at the end is not looked at, since a better one is; what follows
// the stream is not either, since nobody knows before where one ends.
type inflater struct {
	in   []byte // what was not taken yet
	bits uint64 // what was taken from in, from the lowest bit on
	n    int    // how many of them count; below 0: there was no more
	out  []byte
	at   int // so much of out is written
	part bool

	literals, distances huffman
	lengths             [maxLiterals + maxDistances]uint8
}

const (
	maxLiterals  = 288
	maxDistances = 32
	maxCode      = 15 // bits
)

var errInflate = errors.New("it is not compressed as git does it")

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// inflate reads a stream that must give exactly so many bytes.
func inflate(in []byte, size int) ([]byte, error) {
	return inflateTo(in, make([]byte, size), false)
}

// inflateInto reads a stream that must give as many bytes as out has.
func inflateInto(in, out []byte) error {
	_, err := inflateTo(in, out, false)
	return err
}

// inflateBeginning reads so many bytes, or all where the stream gives less.
func inflateBeginning(in []byte, size int) ([]byte, error) {
	return inflateTo(in, make([]byte, size), true)
}

func inflateTo(in, out []byte, part bool) ([]byte, error) {
	// Method 8, no dictionary.
	if len(in) < 2 || in[0]&15 != 8 || in[0]>>4 > 7 || in[1]&0x20 != 0 || (int(in[0])<<8|int(in[1]))%31 != 0 {
		return nil, errInflate
	}
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	z.in, z.bits, z.n, z.out, z.at, z.part = in[2:], 0, 0, out, 0, part
	defer func() { z.in, z.out = nil, nil }()
	for last := false; !last && !z.full(); {
		z.fill()
		last = z.take(1) == 1
		var err error
		switch z.take(2) {
		case 0:
			err = z.stored()
		case 1:
			err = z.codes(&fixed().literals, &fixed().distances)
		case 2:
			if err = z.readCodes(); err == nil {
				err = z.codes(&z.literals, &z.distances)
			}
		default:
			err = errInflate
		}
		if err != nil || z.n < 0 {
			return nil, errInflate
		}
	}
	if z.at < len(out) && !part {
		return nil, errInflate
	}
	return out[:z.at], nil
}

// full says that no more is wanted.
func (z *inflater) full() bool { return z.part && z.at == len(z.out) }

// fill sees to 56 bits, as long as there are any.
func (z *inflater) fill() {
	if len(z.in) >= 8 && z.n >= 0 {
		z.bits |= binary.LittleEndian.Uint64(z.in) << z.n
		z.in = z.in[(63-z.n)>>3:]
		z.n |= 56
		return
	}
	for z.n >= 0 && z.n <= 56 && len(z.in) > 0 {
		z.bits |= uint64(z.in[0]) << z.n
		z.in = z.in[1:]
		z.n += 8
	}
}

// take gives the next k bits; zeros, and n below 0, where there are none.
func (z *inflater) take(k int) int {
	v := z.bits & (1<<k - 1)
	z.bits >>= k
	z.n -= k
	return int(v)
}

// stored copies a block that is not compressed.
func (z *inflater) stored() error {
	if z.n < 0 {
		return errInflate
	}
	z.take(z.n & 7)
	z.fill()
	length, check := z.take(16), z.take(16)
	if z.n < 0 || length != ^check&0xffff {
		return errInflate
	}
	for ; length > 0 && z.n > 0 && !z.full(); length-- { // what was taken already
		if z.at == len(z.out) {
			return errInflate
		}
		z.out[z.at] = byte(z.take(8))
		z.at++
	}
	if z.full() {
		return nil
	}
	if length > 0 {
		z.bits = 0 // above what counts, fill leaves bits of what it did not take
	}
	n := min(length, len(z.out)-z.at)
	if n > len(z.in) || n < length && !z.part {
		return errInflate
	}
	z.at += copy(z.out[z.at:], z.in[:n])
	z.in = z.in[n:]
	return nil
}

// A huffman is a code: of words of at most fastCode bits it has a table, of the others what
// it takes to count.
type huffman struct {
	fast    [1 << fastCode]uint16 // by the next bits: symbol and, in the lower 4 bits, how many; 0: more
	count   [maxCode + 1]uint16   // of words of each length
	symbols [maxLiterals]uint16   // by length, then by number
}

const fastCode = 10

// make builds the code out of the lengths of its words.
func (h *huffman) make(lengths []uint8) error {
	h.count = [maxCode + 1]uint16{}
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	var first [maxCode + 2]uint16 // places in symbols
	for n, left := 1, 1; n <= maxCode; n++ {
		if left = left<<1 - int(h.count[n]); left < 0 {
			return errInflate
		}
		first[n+1] = first[n] + h.count[n]
	}
	for symbol, n := range lengths {
		if n > 0 {
			h.symbols[first[n]] = uint16(symbol)
			first[n]++
		}
	}
	// The table for words of n bits is that for one bit less, twice, and the words of n bits.
	h.fast[0] = 0
	size, next, word := 1, 0, uint16(0)
	for n := 1; n <= fastCode; n++ {
		copy(h.fast[size:2*size], h.fast[:size])
		size <<= 1
		word <<= 1
		for range h.count[n] {
			h.fast[bits.Reverse16(word)>>(16-n)] = h.symbols[next]<<4 | uint16(n)
			next++
			word++
		}
	}
	return nil
}

// symbol reads one word; -1 if it is none.
func (z *inflater) symbol(h *huffman) int {
	e := h.fast[z.bits&(1<<fastCode-1)]
	if e == 0 {
		e = h.long(z.bits)
	}
	z.bits >>= e & 15
	if z.n -= int(e & 15); e == 0 {
		return -1
	}
	return int(e >> 4)
}

// long reads a word that the table does not have, as the table would have it; 0 if it is none.
func (h *huffman) long(next uint64) uint16 {
	word, first, index := 0, 0, 0
	for n := 1; n <= maxCode; n++ {
		word |= int(next & 1)
		next >>= 1
		count := int(h.count[n])
		if word-first < count {
			return h.symbols[index+word-first]<<4 | uint16(n)
		}
		index += count
		first = (first + count) << 1
		word <<= 1
	}
	return 0
}

// Beyond the bytes, symbols stand for lengths, and words of the other code for distances:
// where each begins and how many bits more it has.
var (
	lengthFrom   = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthMore   = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceFrom = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceMore = [...]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// codes reads one compressed block.
func (z *inflater) codes(literals, distances *huffman) error {
	const end = 256
	out := z.out
	for {
		if end, err := z.quick(literals, distances); end || err != nil {
			return err
		}
		z.fill() // enough for all that follows: 15 + 5 + 15 + 13 bits
		symbol := z.symbol(literals)
		if z.n < 0 {
			return errInflate
		}
		if symbol < end {
			if symbol < 0 || z.at >= len(out) {
				return errInflate
			}
			out[z.at] = byte(symbol)
			if z.at++; z.full() {
				return nil
			}
			continue
		}
		if symbol == end {
			return nil
		}
		if symbol -= end + 1; symbol >= len(lengthFrom) {
			return errInflate
		}
		length := int(lengthFrom[symbol]) + z.take(int(lengthMore[symbol]))
		symbol = z.symbol(distances)
		if symbol < 0 || symbol >= len(distanceFrom) {
			return errInflate
		}
		distance := int(distanceFrom[symbol]) + z.take(int(distanceMore[symbol]))
		if room := len(out) - z.at; length > room && z.part {
			length = room
		}
		if z.n < 0 || distance > z.at || length > len(out)-z.at {
			return errInflate
		}
		from := out[z.at-distance:]
		for n := 0; n < length; { // what is copied may begin in what it writes
			n += copy(out[z.at+n:z.at+length], from[:distance+n])
		}
		if z.at += length; z.full() {
			return nil
		}
	}
}

// quick is codes as long as there is so much to read, and so much room, that neither has to be
// looked at after each symbol. end says that the block ended.
func (z *inflater) quick(literals, distances *huffman) (end bool, err error) {
	const (
		least   = 16      // bytes that a round reads, at most
		room    = 2 + 272 // that it writes, with what it copies too much
		aByte   = 256<<4 - 1
		inPlace = 32 // bytes that are copied faster than copy is called
	)
	in, bits, n, out, at := z.in, z.bits, z.n, z.out, z.at
	if n < 0 {
		return false, nil
	}
	for len(in) >= least && len(out)-at >= room {
		bits |= binary.LittleEndian.Uint64(in) << (n & 63)
		in = in[(63-n)>>3:]
		n |= 56
		e := literals.fast[bits&(1<<fastCode-1)]
		if e-1 < aByte {
			out[at] = byte(e >> 4)
			at++
			bits >>= e & 15
			n -= int(e & 15)
			if e = literals.fast[bits&(1<<fastCode-1)]; e-1 < aByte {
				out[at] = byte(e >> 4)
				at++
				bits >>= e & 15
				n -= int(e & 15)
				e = literals.fast[bits&(1<<fastCode-1)]
			}
		}
		if e == 0 {
			if e = literals.long(bits); e == 0 {
				return false, errInflate
			}
		}
		bits >>= e & 15
		n -= int(e & 15)
		symbol := int(e >> 4)
		if symbol < 256 {
			out[at] = byte(symbol)
			at++
			continue
		}
		if symbol == 256 {
			end = true
			break
		}
		if symbol -= 257; symbol >= len(lengthFrom) {
			return false, errInflate
		}
		more := lengthMore[symbol]
		length := int(lengthFrom[symbol]) + int(bits&(1<<more-1))
		bits >>= more
		n -= int(more)
		bits |= binary.LittleEndian.Uint64(in) << (n & 63)
		in = in[(63-n)>>3:]
		n |= 56
		if e = distances.fast[bits&(1<<fastCode-1)]; e == 0 {
			if e = distances.long(bits); e == 0 {
				return false, errInflate
			}
		}
		bits >>= e & 15
		n -= int(e & 15)
		if symbol = int(e >> 4); symbol >= len(distanceFrom) {
			return false, errInflate
		}
		more = distanceMore[symbol]
		distance := int(distanceFrom[symbol]) + int(bits&(1<<more-1))
		bits >>= more
		n -= int(more)
		from := at - distance
		switch {
		case from < 0:
			return false, errInflate
		case distance >= 8 && length <= inPlace:
			for k := 0; k < length; k += 8 {
				binary.LittleEndian.PutUint64(out[at+k:], binary.LittleEndian.Uint64(out[from+k:]))
			}
		case distance >= length:
			copy(out[at:at+length], out[from:])
		default:
			for n := 0; n < length; { // what is copied may begin in what it writes
				n += copy(out[at+n:at+length], out[from:at+n])
			}
		}
		at += length
	}
	z.in, z.bits, z.n, z.at = in, bits, n, at
	return end, nil
}

// readCodes reads the two codes of a block.
func (z *inflater) readCodes() error {
	z.fill()
	literals, distances, count := z.take(5)+257, z.take(5)+1, z.take(4)+4
	if literals > 286 || distances > 30 {
		return errInflate
	}
	order := [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	var of [len(order)]uint8
	for _, place := range order[:count] {
		z.fill()
		of[place] = uint8(z.take(3))
	}
	if err := z.literals.make(of[:]); err != nil {
		return err
	}
	all := z.lengths[:literals+distances]
	for i := 0; i < len(all); {
		z.fill()
		symbol := z.symbol(&z.literals)
		if symbol < 0 || z.n < 0 {
			return errInflate
		}
		if symbol < 16 {
			all[i] = uint8(symbol)
			i++
			continue
		}
		again, n := uint8(0), 0
		switch symbol {
		case 16:
			if i == 0 {
				return errInflate
			}
			again, n = all[i-1], 3+z.take(2)
		case 17:
			n = 3 + z.take(3)
		default:
			n = 11 + z.take(7)
		}
		if n > len(all)-i {
			return errInflate
		}
		for range n {
			all[i] = again
			i++
		}
	}
	if err := z.literals.make(all[:literals]); err != nil {
		return err
	}
	return z.distances.make(all[literals:])
}

// fixed are the codes of blocks that bring none.
var fixed = sync.OnceValue(func() *inflater {
	z := new(inflater)
	all := z.lengths[:maxLiterals]
	for i := range all {
		switch {
		case i < 144 || i >= 280:
			all[i] = 8
		case i < 256:
			all[i] = 9
		default:
			all[i] = 7
		}
	}
	_ = z.literals.make(all) // both are complete codes
	for i := range 30 {
		all[i] = 5
	}
	_ = z.distances.make(all[:30])
	return z
})
