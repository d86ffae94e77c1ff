package git

import "bytes"

// Recent are commits and folders that were read: a review asks for those at the top of its
// trees again and again, and each question takes a round through another process. An object
// is what its id says for ever.
type recent struct {
	objects map[OID]recentObject
	size    int // bytes
}

type recentObject struct {
	kind string
	data []byte
}

const (
	maxRecent     = 1 << 20  // bytes, of all
	maxRecentSize = 64 << 10 // of one
)

// recall gives bytes of the caller's own.
func (r *Repository) recall(id OID, kind string) ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, ok := r.recent.objects[id]
	if !ok || o.kind != kind || r.closed {
		return nil, false
	}
	return bytes.Clone(o.data), true
}

func (r *Repository) remember(id OID, kind string, data []byte) {
	if kind == "blob" || len(data) > maxRecentSize {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.recent.objects[id]; ok {
		return
	}
	if r.recent.size += len(data); r.recent.objects == nil || r.recent.size > maxRecent {
		r.recent.objects, r.recent.size = map[OID]recentObject{}, len(data)
	}
	r.recent.objects[id] = recentObject{kind, bytes.Clone(data)}
}
