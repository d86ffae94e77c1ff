//go:build unix

package cache

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"custody/impact"
	"custody/impact/lang"
	"custody/internal/git"
)

func key(n int, language string, version uint16) impact.FactKey {
	id, err := git.ParseOID(fmt.Sprintf("%040x", n*7919))
	if err != nil {
		panic(err)
	}
	return impact.FactKey{Blob: id, Language: language, Version: version}
}

// fact is what every test expects under key(n, ...).
func fact(n int) *impact.Fact {
	f := &impact.Fact{Size: int64(n * 1000), Facts: lang.Facts{
		Package:   fmt.Sprintf("package%d", n),
		Types:     []string{"A", strings.Repeat("B", n%300)},
		Generated: n%2 == 0,
		Damaged:   n%3 == 0,
		Imports: []lang.Import{
			{Spec: "fmt", Line: n},
			{Spec: "a.b", Names: []string{"c", ""}, Level: n % 4, Line: 1 << 20, Kind: lang.Embed},
		},
		Partial: n%5 == 0,
		Definitions: []lang.Definition{
			{Name: "T.m", Kind: lang.Method, Exported: n%2 == 0, Start: n, End: n + 300, Signature: lang.Digest{1, byte(n)}, Mentions: []lang.NameHash{1, 1 << 31}},
			{Name: "x", Kind: lang.Constant, Runs: n%2 == 1, Body: lang.Digest{15: 2}},
		},
		Exports:  []lang.Export{{Name: "a", As: "b", Import: n}},
		Mentions: []lang.NameHash{0, lang.NameHash(n + 1)},
		Rest:     lang.Digest{byte(n)},
	}}
	if n%4 == 1 {
		f.Facts = f.Sketch()
	}
	return f
}

func put(s *Store, from, to int) {
	for n := from; n < to; n++ {
		s.Put(key(n, "go", 1), fact(n))
	}
}

// check counts the facts that are there, all of which must be right.
func check(t *testing.T, s *Store, from, to int) int {
	t.Helper()
	found := 0
	for n := from; n < to; n++ {
		if f, ok := s.Get(key(n, "go", 1)); ok {
			found++
			if !reflect.DeepEqual(f, fact(n)) {
				t.Fatalf("fact %d is %+v", n, f)
			}
		}
	}
	return found
}

func mustSave(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
}

func newPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "cache", FileName)
}

func TestFactsComeBack(t *testing.T) {
	path := newPath(t)
	s := Open(path)
	if s.Refused() != nil {
		t.Error("an absent file is no reason:", s.Refused())
	}
	put(s, 0, 500)
	s.Put(key(3, "python", 9), &impact.Fact{})
	if check(t, s, 0, 500) != 500 {
		t.Error("not all there before Save")
	}
	mustSave(t, s)
	for _, s := range []*Store{s, Open(path)} {
		if s.Refused() != nil || check(t, s, 0, 600) != 500 {
			t.Error("not all there:", s.Refused())
		}
		if f, ok := s.Get(key(3, "python", 9)); !ok || !reflect.DeepEqual(f, &impact.Fact{}) {
			t.Errorf("python: %v", f)
		}
		for _, k := range []impact.FactKey{key(3, "go", 2), key(3, "java", 1), key(3, "python", 1), {}, {Language: "go", Version: 1}} {
			if f, ok := s.Get(k); ok {
				t.Errorf("%v: %v", k, f)
			}
		}
	}
}

func TestSaveWritesOnlyWhatIsNew(t *testing.T) {
	path := newPath(t)
	if err := Open(path).Save(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("nothing to save made a folder")
	}
	s := Open(path)
	put(s, 0, 10)
	mustSave(t, s)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s = Open(path)
	check(t, s, 0, 10)
	mustSave(t, s)
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) || before.ModTime() != after.ModTime() {
		t.Error("a warm run wrote the file")
	}
	put(s, 10, 20)
	mustSave(t, s)
	if check(t, Open(path), 0, 20) != 20 {
		t.Error("the second Save lost something")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestNewerVersionReplacesOlder(t *testing.T) {
	path := newPath(t)
	s := Open(path)
	put(s, 0, 10)
	s.Put(key(1, "java", 4), fact(1))
	mustSave(t, s)
	s.Put(key(5, "go", 2), fact(5))
	mustSave(t, s)
	s = Open(path)
	if check(t, s, 0, 10) != 0 {
		t.Error("facts of an old version stay")
	}
	for _, k := range []impact.FactKey{key(5, "go", 2), key(1, "java", 4)} {
		if _, ok := s.Get(k); !ok {
			t.Errorf("%v is lost", k)
		}
	}
}

// Every cut makes the whole file nothing, every single changed byte at least its page.
func TestDamagedFilesAreIgnored(t *testing.T) {
	path := newPath(t)
	s := Open(path)
	put(s, 0, 6)
	long := strings.Repeat("x", 2*pageSize) // so that there are several pages
	for n := range 3 {
		s.Put(key(100+n, "long", 1), &impact.Fact{Facts: lang.Facts{Package: long}})
	}
	mustSave(t, s)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(what string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := Open(path)
		if s.Refused() == nil {
			t.Fatalf("%s: not refused", what)
		}
		if check(t, s, 0, 6) != 0 {
			t.Fatalf("%s: has facts", what)
		}
	}
	pagesAt := int(s.file.content.(*pages).at)
	sumsAt := pagesAt + s.file.content.Len()
	for i := range good {
		if i > pagesAt+100 && i < sumsAt && i%509 > 0 {
			continue // each takes milliseconds
		}
		bad := append([]byte{}, good...)
		bad[i] ^= byte(1 + i%255)
		if i < pagesAt || i >= sumsAt {
			refuse(fmt.Sprintf("byte %d changed", i), bad)
		} else {
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			s := Open(path)
			if n := check(t, s, 0, 6); n != 0 && i < pagesAt+pageSize {
				t.Fatalf("byte %d changed: %d facts of its page", i, n)
			}
			lost := 0
			for n := range 3 {
				if f, ok := s.Get(key(100+n, "long", 1)); !ok {
					lost++
				} else if f.Package != long {
					t.Fatalf("byte %d changed: a fact is another one", i)
				}
			}
			if lost == 0 {
				t.Fatalf("byte %d changed: everything is there", i)
			}
		}
		refuse(fmt.Sprintf("cut to %d bytes", i), good[:i])
	}
	refuse("a byte more", append(append([]byte{}, good...), 0))
	refuse("two files in one", append(append([]byte{}, good...), good...))

	// And it is rebuilt.
	s = Open(path)
	put(s, 0, 5)
	mustSave(t, s)
	if s = Open(path); s.Refused() != nil || check(t, s, 0, 6) != 5 {
		t.Error("not rebuilt:", s.Refused())
	}
}

func TestForeignFilesAreIgnored(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"file writable by the group":   func(p string) error { return os.Chmod(p, 0o620) },
		"file writable by all":         func(p string) error { return os.Chmod(p, 0o602) },
		"folder writable by all":       func(p string) error { return os.Chmod(filepath.Dir(p), 0o777) },
		"folder writable by the group": func(p string) error { return os.Chmod(filepath.Dir(p), 0o770) },
		"symbolic link": func(p string) error {
			return errors.Join(os.Rename(p, p+".real"), os.Symlink(p+".real", p))
		},
		"folder": func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) },
		"pipe":   func(p string) error { return errors.Join(os.Remove(p), syscall.Mkfifo(p, 0o600)) },
		"somebody else's": func(p string) error {
			if os.Geteuid() != 0 {
				return errors.ErrUnsupported
			}
			return os.Chown(p, 12345, -1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := Open(path)
			put(s, 0, 3)
			mustSave(t, s)
			if err := spoil(path); errors.Is(err, errors.ErrUnsupported) {
				return // only root can give a file away
			} else if err != nil {
				t.Fatal(err)
			}
			s = Open(path)
			if s.Refused() == nil || check(t, s, 0, 3) != 0 {
				t.Errorf("not refused: %v", s.Refused())
			}
			put(s, 0, 3)
			err := s.Save()
			if strings.HasPrefix(name, "folder") {
				if err == nil {
					t.Error("written into that")
				}
				return
			}
			if err != nil || check(t, Open(path), 0, 3) != 3 {
				t.Errorf("not replaced: %v", err)
			}
		})
	}
}

// Many writers and readers, each with its own handle: nobody ever sees anything wrong,
// and whoever was told that Save worked finds its facts.
func TestConcurrentWriters(t *testing.T) {
	path := newPath(t)
	const writers, each = 6, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				for {
					s := Open(path)
					if s.Refused() != nil {
						t.Error(s.Refused())
					}
					check(t, s, 0, writers*each)
					put(s, w*each+n, w*each+n+1)
					err := s.Save()
					if err == nil {
						break
					}
					if !errors.Is(err, ErrBusy) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	if n := check(t, Open(path), 0, writers*each); n != writers*each {
		t.Errorf("%d of %d facts", n, writers*each)
	}
}

// TestMain turns into a writer that never stops when a test asks for one.
func TestMain(m *testing.M) {
	path := os.Getenv("CUSTODY_TEST_CACHE")
	if path == "" {
		os.Exit(m.Run())
	}
	for n := 0; ; n++ {
		s := Open(path)
		put(s, n, n+200)
		if err := s.Save(); err != nil && !errors.Is(err, ErrBusy) {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// A writer is killed in the middle of whatever it does; what is left is right, and does
// not stand in the way of the next one.
func TestKilledWriter(t *testing.T) {
	path := newPath(t)
	for round := range 20 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "CUSTODY_TEST_CACHE="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + round%4 {
			if !lines.Scan() || strings.Contains(lines.Text(), "cache") {
				t.Fatal("the writer ended:", lines.Text())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		child.Wait() // always an error: it was killed
		s := Open(path)
		if s.Refused() != nil || check(t, s, 0, 2000) < 200 {
			t.Fatal("after a kill:", s.Refused())
		}
	}
	s := Open(path)
	put(s, 5000, 5001)
	mustSave(t, s)
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 2 { // the file and its lock
		t.Errorf("left over: %v %v", entries, err)
	}
}

func TestBusy(t *testing.T) {
	path := newPath(t)
	s := Open(path)
	put(s, 0, 3)
	mustSave(t, s)
	unlock, err := lock(path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	put(s, 3, 6)
	if err := s.Save(); !errors.Is(err, ErrBusy) {
		t.Error("while another writes:", err)
	}
	if check(t, s, 0, 6) != 6 {
		t.Error("what was added is lost")
	}
	unlock()
	mustSave(t, s)
}

// Facts that no extractor makes are not kept, and spoil nothing.
func TestOddFacts(t *testing.T) {
	path := newPath(t)
	s := Open(path)
	put(s, 0, 3)
	s.Put(key(7, "go", 1), &impact.Fact{Facts: lang.Facts{Imports: []lang.Import{{Line: -1}}}})
	s.Put(key(8, "go", 1), &impact.Fact{Size: -1})
	s.Put(key(9, "go", 1), &impact.Fact{Facts: lang.Facts{Definitions: []lang.Definition{{Start: 2, End: 1}}}})
	s.Put(key(10, "go", 1), &impact.Fact{Facts: lang.Facts{Exports: []lang.Export{{Import: -1}}}})
	s.Put(impact.FactKey{Language: "go", Version: 1}, &impact.Fact{})
	mustSave(t, s)
	s = Open(path)
	if check(t, s, 0, 3) != 3 || check(t, s, 7, 11) != 0 || s.Refused() != nil {
		t.Error(s.Refused())
	}
}

func TestTooMuchKeepsWhatWasUsed(t *testing.T) {
	path := newPath(t)
	big := &impact.Fact{Facts: lang.Facts{Package: strings.Repeat("x", maxFile/3)}}
	s := Open(path)
	s.Put(key(100, "go", 1), big)
	s.Put(key(101, "go", 1), big)
	mustSave(t, s)
	s = Open(path)
	s.Get(key(101, "go", 1))
	s.Put(key(102, "go", 1), big)
	mustSave(t, s)
	s = Open(path)
	for n, want := range map[int]bool{100: false, 101: true, 102: true} {
		if _, ok := s.Get(key(n, "go", 1)); ok != want {
			t.Errorf("fact %d: %v", n, ok)
		}
	}
}

func FuzzRecord(f *testing.F) {
	for n := range 5 {
		record, _ := impact.AppendRecord(nil, fact(n))
		f.Add(string(record))
	}
	f.Add("")
	f.Add("\x00\x80\x00\x00\x00")
	f.Add("\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
	f.Fuzz(func(t *testing.T, data string) {
		decoded, err := impact.DecodeRecord(data)
		if err != nil {
			return
		}
		again, ok := impact.AppendRecord(nil, decoded)
		if !ok || string(again) != data {
			t.Errorf("%q decodes to %+v, which encodes to %q", data, decoded, again)
		}
	})
}

// FuzzFile gives every input the right checksum and length, so that it gets past them.
func FuzzFile(f *testing.F) {
	for _, n := range []int{0, 1, 3} {
		var pairs []pair
		for i := range n {
			record, _ := impact.AppendRecord(nil, fact(i))
			pairs = append(pairs, pair{key(i, "go", 1), func(b []byte) ([]byte, bool) { return append(b, record...), true }})
		}
		var out memoryFile
		if err := format(&out, languagesOf(pairs), pairs); err != nil {
			f.Fatal(err)
		}
		f.Add(out.data[pagedHead:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > pageSize {
			return
		}
		// Head and content as they would be written, cut where the input says.
		cut := 0
		if len(body) > 0 {
			cut = int(body[0]) % (len(body) + 1)
		}
		data, err := paged(magic, string(body[:cut]), body[cut:])
		if err != nil {
			t.Fatal(err)
		}
		head, content, err := parsePages(bytes.NewReader(data), int64(len(data)), magic)
		if err != nil || head != string(body[:cut]) {
			t.Fatalf("%q was written, and read as %q, %v", body[:cut], head, err)
		}
		parsed, err := parse(head, content)
		if err != nil {
			return
		}
		for i := range parsed.count {
			k, ok := parsed.key(i)
			if !ok {
				continue
			}
			if at := parsed.find(k); at >= 0 {
				impact.DecodeRecord(parsed.record(at))
			}
		}
	})
}

// fullDisk takes so many bytes, and no more.
type fullDisk struct {
	pagedOutput
	left int
}

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.left -= len(b); d.left < 0 {
		return 0, syscall.ENOSPC
	}
	return d.pagedOutput.Write(b)
}

// A disk that is full at any byte leaves the file that was there, and nothing else.
func TestFullDisk(t *testing.T) {
	path := newPath(t)
	s := Open(path)
	put(s, 0, 300)
	mustSave(t, s)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put(s, 0, 300)
	pairs := s.pairs(s.file, func(impact.FactKey) bool { return true })
	for _, room := range []int{0, 10, pagedHead + 30, pageSize, 2 * pageSize, len(before) - 5} {
		err := replace(path, func(out pagedOutput) error {
			return format(&fullDisk{out, room}, languagesOf(pairs), pairs)
		})
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Error("the file that was there is another one:", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 { // the file and its lock
		t.Errorf("left over: %v %v", entries, err)
	}
}

// memoryFile is a pagedOutput.
type memoryFile struct{ data []byte }

func (m *memoryFile) Write(b []byte) (int, error) {
	m.data = append(m.data, b...)
	return len(b), nil
}

func (m *memoryFile) WriteAt(b []byte, off int64) (int, error) { return copy(m.data[off:], b), nil }

func paged(magic, head string, content []byte) ([]byte, error) {
	var out memoryFile
	err := writePaged(&out, magic, []byte(head), whole(content))
	return out.data, err
}

// FuzzPages: nothing but what was written passes for a paged file.
func FuzzPages(f *testing.F) {
	good, err := paged(magic, "head", bytes.Repeat([]byte("content"), 3000))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, data []byte) {
		head, p, err := parsePages(bytes.NewReader(data), int64(len(data)), magic)
		if err != nil {
			return
		}
		content := p.Bytes(0, p.Len())
		if content == nil {
			return // a damaged page
		}
		again, err := paged(magic, head, content)
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q passes for %q", data, again)
		}
	})
}
