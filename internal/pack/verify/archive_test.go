package verify_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"custody/internal/pack/verify"
)

// Other zip files with the very same members: each is read by some zip reader, and
// none is a pack.
func TestZipTricks(t *testing.T) {
	pack := frozen(t)["v1.zip"]
	ms, err := verify.Decode(pack)
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.LastIndex(pack, []byte("PK\x05\x06"))
	central := int(binary.LittleEndian.Uint32(pack[end+16:]))

	rewrite := func(change func(*zip.Writer, *zip.FileHeader)) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for m, content := range ms {
			h := &zip.FileHeader{Name: verify.Member(m).String(), Method: zip.Store}
			change(w, h)
			f, err := w.CreateHeader(h)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write(content); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	changed := func(at int, b ...byte) []byte {
		p := bytes.Clone(pack)
		copy(p[at:], b)
		return p
	}
	withComment := append(changed(end+20, 2, 0), "hi"...)
	duplicate := func() []byte { // pack.json once more, at the end, with headers that agree
		first := bytes.Index(pack[4:], []byte("PK\x03\x04")) + 4
		entry := bytes.Index(pack[central+4:], []byte("PK\x01\x02")) + 4
		var p []byte
		p = append(p, pack[:central]...)
		p = append(p, pack[:first]...)
		p = append(p, pack[central:end]...)
		again := bytes.Clone(pack[central : central+entry])
		binary.LittleEndian.PutUint32(again[42:], uint32(central))
		p = append(p, again...)
		tail := bytes.Clone(pack[end:])
		binary.LittleEndian.PutUint16(tail[8:], 8)
		binary.LittleEndian.PutUint16(tail[10:], 8)
		binary.LittleEndian.PutUint32(tail[12:], uint32(end-central+entry))
		binary.LittleEndian.PutUint32(tail[16:], uint32(central+first))
		return append(p, tail...)
	}()

	readable := 0
	for what, p := range map[string][]byte{
		"compressed":              rewrite(func(_ *zip.Writer, h *zip.FileHeader) { h.Method = zip.Deflate }),
		"written by archive/zip":  rewrite(func(*zip.Writer, *zip.FileHeader) {}),
		"a comment":               withComment,
		"a comment on a member":   rewrite(func(_ *zip.Writer, h *zip.FileHeader) { h.Comment = "hi" }),
		"an extra field":          rewrite(func(_ *zip.Writer, h *zip.FileHeader) { h.Extra = []byte{1, 0, 0, 0} }),
		"data before":             append([]byte("#!/bin/sh\n"), pack...),
		"data after":              append(bytes.Clone(pack), 0),
		"two packs":               append(bytes.Clone(pack), pack...),
		"a member twice":          duplicate,
		"another name in front":   changed(30, 'P'),
		"another name at the end": changed(central+46, 'P'),
		"another time":            changed(10, 1),
		"encrypted flag":          changed(6, 1),
		"zip64 sizes":             changed(18, 0xff, 0xff, 0xff, 0xff),
		"zip64 locator":           slices.Concat(pack[:end], []byte("PK\x06\x07"), make([]byte, 16), pack[end:]),
		"gap before directory":    slices.Concat(pack[:central], []byte("x"), pack[central:]),
		"no directory":            pack[:central],
		"empty zip":               []byte("PK\x05\x06" + strings.Repeat("\x00", 18)),
		"empty":                   {},
	} {
		if _, err := zip.NewReader(bytes.NewReader(p), int64(len(p))); err == nil {
			readable++
		}
		if _, err := verify.Decode(p); err == nil {
			t.Errorf("%s is taken for a pack", what)
		}
	}
	if readable < 10 {
		t.Errorf("only %d of the tricks are zip files: the test proves little", readable)
	}

	reordered := *ms
	reordered[verify.Page], reordered[verify.Summary] = reordered[verify.Summary], reordered[verify.Page]
	p, err := verify.Encode(&reordered)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "contents swapped", p)
}

// Who gets a file that is no pack any more reads what became of it.
func TestDecodeSaysWhatIsWrong(t *testing.T) {
	pack := frozen(t)["v1.zip"]
	page := bytes.Index(pack, []byte("index.html"))
	if page < 0 {
		t.Fatal("the pack has no page")
	}
	for _, c := range []struct {
		file []byte
		want string
	}{
		{nil, "the file is empty"},
		{[]byte("# Custody\n"), "pack.json does not stand at byte 0: this is no pack, or not as Custody writes it"},
		{slices.Replace(bytes.Clone(pack), page+20, page+21, 'X'), "index.html was altered: its checksum is another one"},
		{append(bytes.Clone(pack), '\n'), fmt.Sprintf("the pack ends at byte %d, and the file goes on to byte %d", len(pack), len(pack)+1)},
		{pack[:len(pack)-1], fmt.Sprintf("the file is cut off: %d of %d bytes", len(pack)-1, len(pack))},
		{slices.Replace(bytes.Clone(pack), 10, 11, 1), "byte 10 is not what Custody writes there"},
	} {
		if _, err := verify.Decode(c.file); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func TestEncodeLimits(t *testing.T) {
	var ms verify.Members
	ms[verify.PackJSON] = make([]byte, verify.MaxMember+1)
	if _, err := verify.Encode(&ms); err == nil || !strings.Contains(err.Error(), "pack.json has") {
		t.Errorf("an oversized member: %v", err)
	}
	big := make([]byte, verify.MaxMember) // the same zeros three times: no memory is touched
	ms[verify.PackJSON], ms[verify.Context], ms[verify.Page] = big, big, big
	if _, err := verify.Encode(&ms); err == nil || !strings.Contains(err.Error(), "over a pack's limit") {
		t.Errorf("an oversized pack: %v", err)
	}
	if _, err := verify.Decode(make([]byte, verify.MaxPack+1)); err == nil {
		t.Error("an oversized file is read")
	}
}
