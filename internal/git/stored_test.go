package git

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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
		s.close()
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
	unread := 0
	for _, name := range names {
		data := was[name]
		for i := 0; i < len(data); i += 5 {
			damaged := bytes.Clone(data)
			damaged[i] ^= byte(1 + i%255)
			write(name, damaged)
			if read() < len(right) {
				unread++
			}
		}
		for i := 0; i < len(data); i += 31 {
			write(name, data[:i])
			read()
		}
		write(name, data)
	}
	if unread < 100 {
		t.Errorf("only %d damages were noticed", unread)
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
		for at := int64(0); at < int64(min(len(data), 200)); at++ {
			if _, got, err := p.object(at, limit, &kept); err == nil && len(got) > limit {
				t.Errorf("%d bytes", len(got))
			}
			p.index.find(append(data[at:min(int(at)+idBytes, len(data)):min(int(at)+idBytes, len(data))], make([]byte, idBytes)...)[:idBytes])
		}
		if kind, got, err := looseObject(data); err == nil && len(got) > maxStored {
			t.Errorf("%s of %d bytes", kind, len(got))
		}
	})
}
