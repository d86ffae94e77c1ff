package git

import "errors"

var errDelta = errors.New("it is no delta of this base")

// deltaSizes reads what a delta says of its base and its result: how many bytes they have.
func deltaSizes(delta []byte) (base, result uint64, rest []byte, err error) {
	if base, delta, err = deltaSize(delta); err == nil {
		result, delta, err = deltaSize(delta)
	}
	return base, result, delta, err
}

func deltaSize(b []byte) (size uint64, rest []byte, err error) {
	for i, shift := 0, 0; i < len(b) && shift < 63; i, shift = i+1, shift+7 {
		size |= uint64(b[i]&0x7f) << shift
		if b[i]&0x80 == 0 {
			return size, b[i+1:], nil
		}
	}
	return 0, nil, errDelta
}

// applyDelta makes an object of at most limit bytes out of another one, as
// gitformat-pack(5) has it.
func applyDelta(base, delta []byte, limit int) ([]byte, error) {
	_, size, _, err := deltaSizes(delta)
	if err != nil || size > uint64(limit) {
		return nil, errDelta
	}
	out := make([]byte, size)
	return out, applyDeltaTo(out, base, delta)
}

// applyDeltaTo is applyDelta into memory that must have the size of the object.
func applyDeltaTo(out, base, delta []byte) error {
	from, size, ops, err := deltaSizes(delta)
	if err != nil || from != uint64(len(base)) || size != uint64(len(out)) {
		return errDelta
	}
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		if op == 0 { // reserved
			return errDelta
		}
		piece := ops
		n := int(op)
		if op&0x80 != 0 {
			var at int
			at, n, ops = copied(op, ops)
			if n < 0 || at > len(base) || n > len(base)-at {
				return errDelta
			}
			piece = base[at : at+n]
		} else if n > len(ops) {
			return errDelta
		} else {
			piece, ops = ops[:n], ops[n:]
		}
		if len(piece) > len(out) {
			return errDelta
		}
		out = out[copy(out, piece):]
	}
	if len(out) > 0 {
		return errDelta
	}
	return nil
}

// copied reads where in the base a piece is and how long, -1 if the delta ends before.
func copied(op byte, ops []byte) (at, n int, rest []byte) {
	for bit := range 7 {
		if op&(1<<bit) == 0 {
			continue
		}
		if len(ops) == 0 {
			return 0, -1, nil
		}
		if bit < 4 {
			at |= int(ops[0]) << (8 * bit)
		} else {
			n |= int(ops[0]) << (8 * (bit - 4))
		}
		ops = ops[1:]
	}
	if n == 0 {
		n = 0x10000
	}
	return at, n, ops
}
