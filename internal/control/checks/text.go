package checks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf16"

	"custody/internal/change"
	"custody/internal/git"
)

// A Block is a run of consecutive added lines.
type Block struct {
	Start int    // its first line at head, from 1
	Text  []byte // whole lines, each with its newline but perhaps the last
}

// Lines is how many lines it has.
func (b Block) Lines() int {
	n := bytes.Count(b.Text, []byte("\n"))
	if len(b.Text) > 0 && b.Text[len(b.Text)-1] != '\n' {
		n++
	}
	return n
}

// A Text is what a file of the change says at head.
type Text struct {
	File  *change.File
	Bytes []byte  // the whole file, UTF-16 turned into UTF-8
	Added []Block // in order
}

// AllNew says that all of the file is new to what a check looks for: it came from a place where
// it was none of it, so that not one line of it had to be added.
func (t *Text) AllNew() { t.Added = []Block{{1, t.Bytes}} }

// lfsPointer begins what Git LFS stores in place of a file.
const lfsPointer = "version https://git-lfs.github.com/spec/"

// Read reads the wanted ones of the change's files at head and calls fn for each that
// has text, in the order of paths. Deleted files, symbolic links and submodules have
// none; of a binary file nothing is expected. What should have been read and was not is
// told to out. The bytes are valid only until fn returns.
func (in *Input) Read(ctx context.Context, out *Result, wanted func(*change.File) bool, fn func(Text) error) error {
	if in.Incomplete != "" {
		out.Missing("%s", in.Incomplete)
	}
	var files []*change.File
	var ids []git.OID
	for i := range in.Files {
		f := &in.Files[i]
		if !f.Mode.IsRegular() || !wanted(f) {
			continue
		}
		if f.Unread == change.TooLarge && opaqueName(f.Path) {
			continue
		}
		if f.Unread == change.TooLarge || f.Unread == change.Unreadable {
			out.Unread(f.Path, "its lines are not known (%s)", f.Unread)
			continue
		}
		files, ids = append(files, f), append(ids, f.ID)
	}
	return in.blobs(ctx, ids, func(i int, data []byte, why string) error {
		f := files[i]
		text, binary := plain(data)
		switch {
		case why != "" && f.Unread == change.Opaque:
			return nil // git has seen enough of it to call it binary
		case why != "":
			out.Unread(f.Path, "%s", why)
			return nil
		case binary:
			return nil
		case bytes.HasPrefix(text, []byte(lfsPointer)) && len(text) < 1024:
			if opaqueName(f.Path) {
				return nil
			}
			out.Unread(f.Path, "a Git LFS pointer, whose content is not in this repository")
			return nil
		}
		t := Text{File: f, Bytes: text}
		if f.Unread == change.Opaque { // UTF-16, which git does not compare: every line counts
			t.Added = []Block{{1, text}}
		} else {
			t.Added = in.cache.addedLines(f, text)
		}
		return fn(t)
	})
}

// opaqueName says whether a file is binary by its name. Only what is too large to look
// at, or stands elsewhere, is judged so.
func opaqueName(p change.Path) bool {
	ext := strings.ToLower(path.Ext(string(p)))
	return ext != "" && strings.Contains(opaqueExts, ext+" ")
}

const opaqueExts = ".png .jpg .jpeg .gif .webp .bmp .ico .icns .tif .tiff .psd .avif .heic .mp3 .mp4 .m4a .m4v .mov .avi .mkv .webm .wav .flac .ogg " +
	".zip .gz .tgz .bz2 .xz .zst .7z .rar .tar .jar .war .whl .gem .nupkg .deb .rpm .apk .ipa .dmg .iso .exe .dll .so .dylib .a .lib .o .obj .pdb .class .pyc .wasm .bin .dat " +
	".pdf .doc .docx .xls .xlsx .ppt .pptx .odt .ods .ttf .otf .woff .woff2 .eot .sqlite .sqlite3 .db .mdb .parquet .avro .npy .npz .h5 .onnx .pt .pth .safetensors .gguf .tflite .pack .idx "

// ReadTree reads the wanted files of head, in the change or not.
func (in *Input) ReadTree(ctx context.Context, out *Result, wanted func(TreeFile) bool, fn func(TreeFile, []byte) error) error {
	if in.Head == nil {
		out.Missing("the files of head were not given")
		return nil
	}
	all, err := in.Head.Files(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		out.Missing("the files of head could not be listed: %s", err)
		return nil
	}
	var files []TreeFile
	var ids []git.OID
	for _, f := range all {
		if f.Mode.IsRegular() && in.IsAbout(f.Path) && wanted(f) {
			files, ids = append(files, f), append(ids, f.ID)
		}
	}
	return in.blobs(ctx, ids, func(i int, data []byte, why string) error {
		if why != "" {
			out.Unread(files[i].Path, "%s", why)
			return nil
		}
		return fn(files[i], data)
	})
}

// ReadOld reads what files of the change said before it, by their old ids.
func (in *Input) ReadOld(ctx context.Context, out *Result, files []*change.File, fn func(*change.File, []byte) error) error {
	ids := make([]git.OID, len(files))
	for i, f := range files {
		ids[i] = f.OldID
	}
	return in.blobs(ctx, ids, func(i int, data []byte, why string) error {
		if why != "" {
			out.Unread(files[i].Path, "before the change: %s", why)
			return nil
		}
		text, _ := plain(data)
		return fn(files[i], text)
	})
}

// blobs reads blobs in order, those of the cache without asking again. A reason instead
// of bytes says why one was not read.
func (in *Input) blobs(ctx context.Context, ids []git.OID, fn func(i int, data []byte, why string) error) error {
	if len(ids) == 0 {
		return nil
	}
	if in.Head == nil {
		for i := range ids {
			if err := fn(i, nil, "the files of head were not given"); err != nil {
				return err
			}
		}
		return nil
	}
	total := int64(0)
	// The reader calls back in order, so runs of cached blobs go between its answers.
	next := 0
	flush := func(until int) error {
		for ; next < until; next++ {
			data := in.cache.blob(ids[next])
			if err := fn(next, data, in.within(&total, data)); err != nil {
				return err
			}
		}
		return nil
	}
	var missing []git.OID
	var at []int
	for i, id := range ids {
		if in.cache.blob(id) == nil {
			missing, at = append(missing, id), append(at, i)
		}
	}
	err := in.Head.Blobs(ctx, missing, in.Limits.FileBytes, func(k int, data []byte, err error) error {
		i := at[k]
		if err := flush(i); err != nil {
			return err
		}
		next = i + 1
		var large *git.TooLargeError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &large):
			return fn(i, nil, fmt.Sprintf("%d bytes, over the limit of %d", large.Size, large.Limit))
		case err != nil:
			return fn(i, nil, "could not be read: "+err.Error())
		}
		if why := in.within(&total, data); why != "" {
			return fn(i, nil, why)
		}
		data, _ = in.cache.keep(ids[i], data)
		return fn(i, data, "")
	})
	if err != nil {
		return err
	}
	return flush(len(ids))
}

// within counts bytes, and says so when they are too many.
func (in *Input) within(total *int64, data []byte) string {
	if *total += int64(len(data)); *total > in.Limits.TotalBytes {
		return fmt.Sprintf("over the limit of %d bytes for all files", in.Limits.TotalBytes)
	}
	return ""
}

// addedLines cuts the added runs out of a file.
func addedLines(text []byte, hunks []change.Hunk) []Block {
	var blocks []Block
	line, at := 1, 0
	skip := func(to int) { // to the beginning of a line
		for line < to && at < len(text) {
			i := bytes.IndexByte(text[at:], '\n')
			if i < 0 {
				at = len(text)
				return
			}
			at, line = at+i+1, line+1
		}
	}
	for _, h := range hunks {
		if h.Lines == 0 {
			continue
		}
		skip(h.Start)
		from := at
		skip(h.Start + h.Lines)
		if from < at {
			blocks = append(blocks, Block{h.Start, text[from:at]})
		}
	}
	return blocks
}

// Plain is a text in UTF-8, whatever it was written in.
func Plain(data []byte) []byte {
	text, _ := plain(data)
	return text
}

// plain turns UTF-16 with a byte order mark into UTF-8. Other bytes with a NUL among
// the first 8000 are binary, as git has it.
func plain(data []byte) (text []byte, binary bool) {
	if len(data) >= 2 {
		order := [2]byte{data[0], data[1]}
		if order == [2]byte{0xff, 0xfe} || order == [2]byte{0xfe, 0xff} {
			low, high := 0, 1
			if order[0] == 0xfe {
				low, high = 1, 0
			}
			units := make([]uint16, 0, len(data)/2)
			for i := 2; i+1 < len(data); i += 2 {
				units = append(units, uint16(data[i+low])|uint16(data[i+high])<<8)
			}
			return []byte(string(utf16.Decode(units))), false
		}
	}
	return data, bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0
}
