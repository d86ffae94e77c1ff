package git

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"custody/internal/git/gittest"
)

// eachObject calls fn for every object of a repository, as git cat-file has it.
func eachObject(t *testing.T, dir string, fn func(id OID, kind string, data []byte)) {
	t.Helper()
	cmd := exec.Command("git", "-C", dir, "cat-file", "--batch-all-objects", "--unordered", "--batch", "--buffer")
	cmd.Env = append(os.Environ(), "GIT_NO_LAZY_FETCH=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			break
		}
		f := strings.Fields(line)
		if err != nil || len(f) != 3 {
			t.Fatalf("%q, %v", line, err)
		}
		size, _ := strconv.Atoi(f[2])
		data := make([]byte, size+1)
		if _, err := io.ReadFull(in, data); err != nil {
			t.Fatal(err)
		}
		id, err := ParseOID(f[0])
		if err != nil {
			t.Fatal(err)
		}
		fn(id, f[1], data[:size])
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

func objectsOf(dir string) *stored { return &stored{dir: filepath.Join(dir, "objects")} }

// Every object is what git says that it is, however it lies in the repository.
func TestStored(t *testing.T) {
	r := gittest.New(t)
	r.Generate(gittest.Spec{Files: 30, Commits: 12, Seed: 1})
	for i := range 12 { // chains of differences
		r.Commit("main", "m", gittest.Write("long", strings.Repeat("line after line\n", 2000)+fmt.Sprint(i)+strings.Repeat("and more\n", 100*i)),
			gittest.Write("empty", ""), gittest.Write("small", fmt.Sprint(i)))
	}
	r.Git("tag", "-a", "-m", "a tag", "v1", "main")
	r.Git("repack", "-q", "-a", "-d") // what gittest made is packed already
	packed := func(args ...string) func() {
		return func() { r.Git(append(args, "repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50")...) }
	}
	index := func(version string) func() {
		return func() {
			packed()()
			pack, err := filepath.Glob(filepath.Join(r.Dir, "objects", "pack", "*.pack"))
			if err != nil || len(pack) != 1 {
				t.Fatal(pack, err)
			}
			idx := strings.TrimSuffix(pack[0], ".pack") + ".idx"
			for _, old := range []string{idx, strings.TrimSuffix(idx, ".idx") + ".rev"} {
				if err := os.Remove(old); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
			r.Git("index-pack", "--index-version="+version, "-o", idx, pack[0])
		}
	}
	for _, c := range []struct {
		name  string
		prep  func()
		least int // objects in a hundred that are read without git
	}{
		{"one pack", packed(), 100},
		{"by name", packed("-c", "repack.useDeltaBaseOffset=false"), 100},
		{"places beyond 2 GiB", index("2,0x80"), 100},
		{"an index of version 1", index("1"), 0},
		{"several packs", func() {
			packed()()
			for i := range 3 {
				r.Commit("main", "more", gittest.Write("long", strings.Repeat("line after line\n", 2000)+"more"+fmt.Sprint(i)))
				r.Git("repack", "-q", "-d")
			}
			r.Git("multi-pack-index", "write")
		}, 100},
		{"loose", func() {
			pack, _ := filepath.Glob(filepath.Join(r.Dir, "objects", "pack", "*.pack"))
			for _, p := range pack {
				data, err := os.ReadFile(p)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range []string{".pack", ".idx", ".rev"} {
					os.Remove(strings.TrimSuffix(p, ".pack") + f)
				}
				os.Remove(filepath.Join(filepath.Dir(p), "multi-pack-index"))
				r.Pipe(data, "unpack-objects", "-q")
			}
		}, 100},
	} {
		c.prep()
		s := objectsOf(r.Dir)
		all, read := 0, 0
		eachObject(t, r.Dir, func(id OID, kind string, data []byte) {
			all++
			if is, size, ok := s.head(id); ok && (is != kind || size != len(data)) {
				t.Errorf("%s: %s seems to be a %s of %d bytes, not a %s of %d", c.name, id, is, size, kind, len(data))
			}
			is, got, ok := s.object(id)
			if !ok {
				return
			}
			if is, size, ok := s.head(id); !ok || is != kind || size != len(data) {
				t.Errorf("%s: %s seems to be a %s of %d bytes once it was read", c.name, id, is, size)
			}
			read++
			if is != kind || !bytes.Equal(got, data) {
				t.Errorf("%s: %s is a %s of %d bytes, not a %s of %d", c.name, id, is, len(got), kind, len(data))
			}
		})
		if all < 100 || read < all*c.least/100 || c.least == 0 && read > 0 {
			t.Errorf("%s: %d of %d objects were read", c.name, read, all)
		}
		if _, _, ok := s.object(hashed("blob", []byte("nowhere"))); ok {
			t.Errorf("%s: an object that is not there was read", c.name)
		}
		blobs := map[OID]string{}
		eachObject(t, r.Dir, func(id OID, kind string, data []byte) {
			if kind == "blob" {
				blobs[id] = string(data)
			}
		})
		least := c.least
		if c.name == "loose" {
			least = 0
		}
		if n := holdAtOnce(t, c.name, s, blobs); n < len(blobs)*least/100 || least == 0 && n > 0 {
			t.Errorf("%s: %d of %d blobs were read at once", c.name, n, len(blobs))
		}
		s.close()
	}
}

// holdAtOnce reads blobs at once, each twice, and says how many were read; right is what they are.
func holdAtOnce(t *testing.T, name string, s *stored, right map[OID]string) (read int) {
	t.Helper()
	const limit = 1 << 20
	var ids []OID
	for id := range right {
		ids = append(ids, id)
	}
	ids = append(ids, ids...)
	ids = append(ids, OID{}, hashed("blob", []byte("nowhere")))
	done := make([]bool, len(ids))
	var mu sync.Mutex
	seen := map[int]bool{}
	err := s.objects(context.Background(), ids, "blob", limit, done, func() func(int, []byte) {
		return func(i int, data []byte) {
			mu.Lock()
			defer mu.Unlock()
			if want, known := right[ids[i]]; !known || want != string(data) {
				t.Errorf("%s: %s is other than it says, %d bytes", name, ids[i], len(data))
			}
			if seen[i] {
				t.Errorf("%s: %s was given twice", name, ids[i])
			}
			seen[i] = true
		}
	})
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for i, id := range ids {
		if done[i] != seen[i] {
			t.Errorf("%s: %s is done: %t, it was given: %t", name, id, done[i], seen[i])
		}
	}
	for i := range right {
		if seen[slices.Index(ids, i)] {
			read++
		}
	}
	return read
}

// What is larger than the limit, of another kind or called off is left, and so is everything
// where git reads.
func TestBlobsAtOnce(t *testing.T) {
	r := gittest.New(t)
	commit := r.Commit("main", "m", gittest.Write("small", "12345"), gittest.Write("large", "123456"), gittest.Write("made", strings.Repeat("line\n", 2)))
	r.Git("repack", "-q", "-a", "-d")
	repo, err := Open(context.Background(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	blob := func(data string) OID { return hashed("blob", []byte(data)) }
	head, err := ParseOID(commit)
	if err != nil {
		t.Fatal(err)
	}
	ids := []OID{blob("123456"), head, blob("12345"), blob("nowhere")}
	var mu sync.Mutex
	var got []string
	begin := func() func(int, []byte) {
		return func(i int, data []byte) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprint(i, " ", string(data)))
		}
	}
	left, err := BlobsAtOnce(context.Background(), repo, ids, 5, begin)
	if err != nil || !slices.Equal(left, []int{0, 1, 3}) || !slices.Equal(got, []string{"2 12345"}) {
		t.Errorf("got %q, left %v, %v", got, left, err)
	}
	got = nil
	left, err = BlobsAtOnce(context.Background(), struct{ Reader }{repo}, ids, 5, begin)
	if err != nil || len(left) != len(ids) || got != nil {
		t.Errorf("of another reader: got %q, left %v, %v", got, left, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if left, err = BlobsAtOnce(ctx, repo, ids, 5, begin); !errors.Is(err, context.Canceled) || got != nil {
		t.Errorf("called off: got %q, left %v, %v", got, left, err)
	}
}

// A pack may say of objects that each is made of the other, or that they are made of more than
// fits into memory.
func TestBlobsAtOnceOfHostilePack(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "pack"), 0o700); err != nil {
		t.Fatal(err)
	}
	zipped := func(data []byte) []byte {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		w.Write(data)
		w.Close()
		return b.Bytes()
	}
	size := func(kind byte, n int) []byte {
		b := []byte{kind<<4 | byte(n&15)}
		for n >>= 4; n > 0; n >>= 7 {
			b[len(b)-1] |= 0x80
			b = append(b, byte(n&0x7f))
		}
		return b
	}
	uint := func(n int) (b []byte) {
		for ; n > 0x7f; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		return append(b, byte(n))
	}
	pack := []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00")
	places := map[OID]int{}
	right := map[OID]string{}
	one, other := hashed("blob", []byte("one")), hashed("blob", []byte("other"))
	for id, base := range map[OID]OID{one: other, other: one} {
		places[id] = len(pack)
		right[id] = ""
		delta := []byte{3, 3, 3, 'o', 'n', 'e'}
		pack = append(append(append(pack, size(entryNamed, len(delta))...), base.Bytes()...), zipped(delta)...)
	}
	// A megabyte, and what is made of it: all of it once more and another byte, 200 times.
	last := len(pack)
	data := bytes.Repeat([]byte{'x'}, 1000_000)
	places[hashed("blob", data)], right[hashed("blob", data)] = len(pack), string(data)
	pack = append(append(pack, size(entryBlob, len(data))...), zipped(data)...)
	for range 200 {
		delta := append(append(uint(len(data)), uint(len(data)+1)...), 0xf0, byte(len(data)), byte(len(data)>>8), byte(len(data)>>16), 1, 'y')
		data = append(data, 'y')
		id := hashed("blob", data)
		back := len(pack) - last
		last = len(pack)
		places[id], right[id] = len(pack), string(data)
		pack = append(pack, size(entryNear, len(delta))...)
		if back > 0x7f {
			pack = append(pack, byte((back>>7)-1)|0x80)
		}
		pack = append(append(pack, byte(back&0x7f)), zipped(delta)...)
	}
	pack = append(pack, make([]byte, idBytes)...)
	ids := slices.SortedFunc(maps.Keys(places), OID.Compare)
	index := []byte("\377tOc\x00\x00\x00\x02")
	for i := range 256 {
		n := 0
		for _, id := range ids {
			if int(id.Bytes()[0]) <= i {
				n++
			}
		}
		index = binary.BigEndian.AppendUint32(index, uint32(n))
	}
	for _, id := range ids {
		index = append(index, id.Bytes()...)
	}
	index = append(index, make([]byte, 4*len(ids))...)
	for _, id := range ids {
		index = binary.BigEndian.AppendUint32(index, uint32(places[id]))
	}
	index = append(index, make([]byte, 2*idBytes)...)
	for name, data := range map[string][]byte{"pack-1.pack": pack, "pack-1.idx": index} {
		if err := os.WriteFile(filepath.Join(dir, "pack", name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &stored{dir: dir}
	defer s.close()
	if n, most := holdAtOnce(t, "hostile", s, right), maxMade/len(data)+1; n < most-2 || n > most {
		t.Errorf("%d objects were read, not about %d", n, most)
	}
}

// The same of a real repository: CUSTODY_SLOW=1 CUSTODY_TEST_REPO=DIR.
func TestStoredOfARepository(t *testing.T) {
	dir := os.Getenv("CUSTODY_TEST_REPO")
	if dir == "" || os.Getenv("CUSTODY_SLOW") == "" {
		t.Skip("run with CUSTODY_SLOW=1 CUSTODY_TEST_REPO=DIR to read every object of a repository")
	}
	repo, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	if repo.own == nil {
		t.Fatal("not a SHA-1 repository")
	}
	s := &stored{dir: repo.own.dir}
	defer s.close()
	all, left := 0, 0
	eachObject(t, repo.CommonDir(), func(id OID, kind string, data []byte) {
		all++
		is, got, ok := s.object(id)
		switch {
		case !ok && len(data) <= maxStored:
			if left++; left < 10 {
				t.Logf("%s (%s, %d bytes) is left to git", id, kind, len(data))
			}
		case ok && (is != kind || !bytes.Equal(got, data)):
			t.Errorf("%s is a %s of %d bytes, not a %s of %d", id, is, len(got), kind, len(data))
		}
	})
	t.Logf("%d objects, %d of at most %d bytes left to git", all, left, maxStored)
	if all == 0 || left > all/100 {
		t.Errorf("%d of %d objects are left to git", left, all)
	}
}

// Whatever is damaged, no object is read that is not what its id says. Git reads such a pack
// without a word.
func TestStoredDamaged(t *testing.T) {
	r := gittest.New(t)
	for i := range 4 {
		r.Commit("main", "m", gittest.Write("a", strings.Repeat("some line\n", 50)+fmt.Sprint(i)))
	}
	r.Git("repack", "-q", "-a", "-d", "-f")
	right := map[OID]string{}
	eachObject(t, r.Dir, func(id OID, kind string, data []byte) { right[id] = kind + string(data) })
	packs, err := filepath.Glob(filepath.Join(r.Dir, "objects", "pack", "pack-*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "pack"), 0o700); err != nil {
		t.Fatal(err)
	}
	names := []string{".idx", ".pack"}
	was := map[string][]byte{}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, "pack", "pack-1"+name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		if was[name], err = os.ReadFile(strings.TrimSuffix(packs[0], ".pack") + name); err != nil {
			t.Fatal(err)
		}
		write(name, was[name])
	}
	read := func() (n int) {
		s := &stored{dir: dir}
		defer s.close()
		for id, want := range right {
			if kind, data, ok := s.object(id); ok {
				if n++; kind+string(data) != want {
					t.Errorf("%s is wrong", id)
				}
			}
		}
		return n
	}
	if n := read(); n != len(right) {
		t.Fatalf("%d of %d objects were read", n, len(right))
	}
	blobs := map[OID]string{}
	for id, want := range right {
		if data, ok := strings.CutPrefix(want, "blob"); ok {
			blobs[id] = data
		}
	}
	atOnce := func() (n int) {
		s := &stored{dir: dir}
		defer s.close()
		return holdAtOnce(t, "damaged", s, blobs)
	}
	if n := atOnce(); n != len(blobs) || n < 4 {
		t.Fatalf("%d of %d blobs were read at once", n, len(blobs))
	}
	unread, left := 0, 0
	for _, name := range names {
		data := was[name]
		for i := 0; i < len(data); i += 5 {
			damaged := bytes.Clone(data)
			damaged[i] ^= byte(1 + i%255)
			write(name, damaged)
			if read() < len(right) {
				unread++
			}
			if atOnce() < len(blobs) {
				left++
			}
		}
		for i := 0; i < len(data); i += 31 {
			write(name, data[:i])
			read()
			atOnce()
		}
		write(name, data)
	}
	if unread < 100 || left < 50 {
		t.Errorf("only %d damages were noticed, and %d where many are read at once", unread, left)
	}
}

// FuzzInflate holds streams of any kind against another reader of them.
func FuzzInflate(f *testing.F) {
	text := []byte(strings.Repeat("some line and another one\n", 300) + "\x00\xff\x01")
	for level := -2; level <= 9; level++ {
		for _, n := range []int{0, 1, 30, len(text)} {
			var b bytes.Buffer
			w, err := zlib.NewWriterLevel(&b, level)
			if err != nil {
				f.Fatal(err)
			}
			w.Write(text[:n])
			w.Close()
			f.Add(b.Bytes(), uint16(n))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint16) {
		if len(in) < 2 {
			return
		}
		got, err := inflate(in, int(size))
		want := make([]byte, int(size)+1)
		n, fails := io.ReadFull(flate.NewReader(bytes.NewReader(in[2:])), want)
		right := n == int(size) && (fails == io.EOF || fails == io.ErrUnexpectedEOF) && size > 0
		if right && binary.BigEndian.Uint16(in)%31 == 0 && in[0]&15 == 8 && in[0] < 0x80 && in[1]&0x20 == 0 && err == nil && !bytes.Equal(got, want[:n]) {
			t.Errorf("other bytes than flate has")
		}
		if begun, fails := inflateBeginning(in, int(size)/2); err == nil && (fails != nil || !bytes.Equal(begun, got[:size/2])) {
			t.Errorf("it begins with other bytes, %v", fails)
		}
	})
}

// What others compress is read as they meant it.
func TestInflate(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		data := make([]byte, random.IntN(1<<uint(2+n%15)))
		alphabet := 1 + random.IntN(256)
		for i := range data {
			if data[i] = byte(random.IntN(alphabet)); i > 300 && random.IntN(20) == 0 {
				copy(data[i:], data[i-1-random.IntN(300):i])
			}
		}
		for level := -2; level <= 9; level += 1 + n%3 {
			var b bytes.Buffer
			w, err := zlib.NewWriterLevel(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(data[:len(data)/2])
			if n%5 == 0 {
				w.Flush()
			}
			w.Write(data[len(data)/2:])
			w.Close()
			in := append(b.Bytes(), "what follows in a pack"...)
			if got, err := inflate(in, len(data)); err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%d bytes at level %d: %v", len(data), level, err)
			}
			half := random.IntN(len(data) + 1)
			if got, err := inflateBeginning(in, half); err != nil || !bytes.Equal(got, data[:half]) {
				t.Fatalf("%d of %d bytes at level %d: %v", half, len(data), level, err)
			}
			if got, err := inflate(in, len(data)+1); err == nil {
				t.Fatalf("%d bytes where %d were written", len(got), len(data))
			}
			if got, err := inflate(in, max(len(data)-1, 0)); len(data) > 0 && err == nil {
				t.Fatalf("%d bytes where %d were written", len(got), len(data))
			}
		}
	}
}

func FuzzApplyDelta(f *testing.F) {
	f.Add([]byte("0123456789"), []byte("\x0a\x05\x90\x03\x02xy"))
	f.Add([]byte("0123456789"), []byte("\x0a\x0a\x80"))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		const limit = 1 << 10
		out, err := applyDelta(base, delta, limit)
		if _, size, _, _ := deltaSizes(delta); err == nil && (len(out) > limit || uint64(len(out)) != size) {
			t.Errorf("%d bytes of %d", len(out), size)
		}
	})
}

// FuzzPack reads objects anywhere in any bytes.
func FuzzPack(f *testing.F) {
	r := gittest.New(f)
	for i := range 3 {
		r.Commit("main", "m", gittest.Write("a", strings.Repeat("some line\n", 50)+fmt.Sprint(i)))
	}
	r.Git("repack", "-q", "-a", "-d", "-f")
	for _, ext := range []string{".pack", ".idx"} {
		paths, _ := filepath.Glob(filepath.Join(r.Dir, "objects", "pack", "pack-*"+ext))
		data, err := os.ReadFile(paths[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, data)
	}
	f.Fuzz(func(t *testing.T, data, index []byte) {
		p := &pack{file: bytes.NewReader(data), size: int64(len(data)), index: &packIndex{file: bytes.NewReader(index)}}
		if x, err := openIndex(bytes.NewReader(index), int64(len(index))); err == nil {
			p.index = x
		}
		const limit = 4 << 10
		var kept keptObjects[packPlace]
		var wanted []wantedObject
		for at := int64(0); at < int64(min(len(data), 200)); at++ {
			if _, got, err := p.object(at, limit, &kept); err == nil && len(got) > limit {
				t.Errorf("%d bytes", len(got))
			}
			wanted = append(wanted, wantedObject{at, int32(at)})
			p.index.find(append(data[at:min(int(at)+idBytes, len(data)):min(int(at)+idBytes, len(data))], make([]byte, idBytes)...)[:idBytes])
		}
		w := packWalk{pack: p, kind: "blob", limit: limit, ids: make([]OID, len(wanted)), done: make([]bool, len(wanted)), wanted: wanted}
		for i, o := range wanted {
			if kind, got, err := p.object(o.at, limit, &kept); err == nil && kind == "blob" {
				w.ids[i] = hashed(kind, got)
			}
		}
		w.plan(2)
		w.work(t.Context(), func(i int, got []byte) {
			if len(got) > limit || hashed("blob", got) != w.ids[i] {
				t.Errorf("%d other bytes", len(got))
			}
		})
		if kind, got, err := looseObject(data); err == nil && len(got) > maxStored {
			t.Errorf("%s of %d bytes", kind, len(got))
		}
	})
}
