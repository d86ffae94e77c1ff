package impact

import (
	"context"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// A script needs no extension: where git calls a file executable, its first line may name an
// interpreter, and with it the language that the rest is read as.

// interpreters is read like a language, so that its facts are kept like any other: Package is
// the language of the interpreter, empty where it is none that is read.
var interpreters = &lang.Language{Name: "interpreter", Version: 1, Extract: func(src []byte) lang.Facts {
	return lang.Facts{Package: interpreted(src)}
}}

// maxInterpreterLine bounds the first line, as Linux does.
const maxInterpreterLine = 256

// interpreterLanguages are by the name of the program, without its version.
var interpreterLanguages = map[string]string{
	"python": "python", "pypy": "python", "uv": "python", "pipx": "python",
	"node": "javascript", "nodejs": "javascript",
	"deno": "typescript", "bun": "typescript", "ts-node": "typescript", "tsx": "typescript",
}

// interpreted is the language that the first line of a file names: "#!/usr/bin/python3 -u",
// "#!/usr/bin/env -S deno run"; empty if that is none.
func interpreted(src []byte) string {
	line := string(src[:min(len(src), maxInterpreterLine)])
	line, _, _ = strings.Cut(line, "\n")
	line, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return ""
	}
	words := strings.Fields(line)
	if len(words) > 0 && baseName(change.Path(words[0])) == "env" {
		words = words[1:]
		for len(words) > 0 && (strings.HasPrefix(words[0], "-") || strings.Contains(words[0], "=")) {
			switch split := strings.TrimPrefix(words[0], "-S"); {
			case split != words[0] && split != "": // -Sdeno
				words[0] = split
				continue
			case words[0] == "-u" || words[0] == "-C" || words[0] == "--unset" || words[0] == "--chdir":
				words = words[1:]
			}
			words = words[min(1, len(words)):]
		}
	}
	if len(words) == 0 {
		return ""
	}
	return interpreterLanguages[strings.TrimRight(baseName(change.Path(words[0])), "0123456789.")]
}

// mayHaveInterpreter says that only its first line tells the language of a file.
func mayHaveInterpreter(path change.Path, c class) bool {
	return c.language == nil && c.skip.detail == executable && lang.Extension(string(path)) == ""
}

// readInterpreters finds the languages of the files whose name does not tell it.
func (b *builder) readInterpreters(ctx context.Context) error {
	var blobs []git.OID
	for i := range b.files {
		if f := &b.files[i]; mayHaveInterpreter(f.path, f.class) {
			blobs = append(blobs, f.entry.ID)
		}
	}
	if err := b.askInterpreters(ctx, blobs); err != nil {
		return err
	}
	for i := range b.files {
		f := &b.files[i]
		f.class = b.withInterpreter(f.path, f.entry.ID, f.class)
	}
	return nil
}

// askInterpreters reads what withInterpreter goes by.
func (b *builder) askInterpreters(ctx context.Context, blobs []git.OID) error {
	var wants []want
	for _, id := range blobs {
		if w := (want{blob: id, language: interpreters}); !b.isAnswered(w) {
			wants = append(wants, w)
		}
	}
	if len(wants) == 0 {
		return nil
	}
	reader := b.reader
	reader.languages = b.Languages
	answers, err := reader.read(ctx, wants)
	if err != nil {
		return err
	}
	b.learn(answers)
	return nil
}

// withInterpreter is the class of a file by its name and mode, or by its first line.
func (b *builder) withInterpreter(path change.Path, blob git.OID, c class) class {
	if !mayHaveInterpreter(path, c) {
		return c
	}
	if fact := b.answers[want{blob: blob, language: interpreters}].fact; fact != nil {
		if l := languageOf(b.Languages, fact.Package); l != nil {
			return class{language: l}
		}
	}
	return c
}

func languageOf(languages []*lang.Language, name string) *lang.Language {
	for _, l := range languages {
		if l.Name == name {
			return l
		}
	}
	return nil
}
