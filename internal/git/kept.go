package git

import "sync"

// A keptObjects holds objects that are likely to be asked for again, as long as there are not
// too many bytes of them.
type keptObjects[K comparable] struct {
	mu   sync.Mutex
	all  map[K]keptObject
	size int // bytes
}

type keptObject struct {
	kind string
	data []byte // nobody writes to it
}

const maxKept = 8 << 20 // bytes

func (k *keptObjects[K]) get(key K) (keptObject, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	o, ok := k.all[key]
	return o, ok
}

func (k *keptObjects[K]) put(key K, kind string, data []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.size += len(data); k.all == nil || k.size > maxKept {
		k.all, k.size = map[K]keptObject{}, len(data)
	}
	k.all[key] = keptObject{kind, data}
}

func (k *keptObjects[K]) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all, k.size = nil, 0
}
