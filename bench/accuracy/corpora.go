package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"custody/bench/registry"
)

// A corpus is source code that a registry delivers, held against a tool by the gate.
type corpus struct {
	name     string
	language string
	modules  map[string]string // Go: folder -> module, at the version that corpora/go/go.mod requires
	append   map[string]string // file -> text to add to it
	packages map[string]string // script: place -> npm package that corpora/npm locks, or a part of it
	deb      string            // Debian's package
	source   string            // Debian's source package
	folder   string            // of the package, where the corpus lies
	roots    []string          // Python: what is on its path
	run      []string          // a command in it, by a tool that is not ours
	why      string            // what it has that others have not
}

// corpora are small enough for the gate. Larger ones are named by hand: -C.
var corpora = []corpus{
	{name: "golang.org/x/tools", language: "go", modules: map[string]string{".": "golang.org/x/tools"}, why: "a thousand files, embedded files, testdata"},
	{name: "golang.org/x/net", language: "go", modules: map[string]string{".": "golang.org/x/net"}, why: "build constraints"},
	{name: "golang.org/x/sys", language: "go", modules: map[string]string{".": "golang.org/x/sys"}, why: "a file for every platform, most of them generated"},
	{name: "golang.org/x/text", language: "go", modules: map[string]string{".": "golang.org/x/text"}, why: "programs that generate tables, a file over the limit"},
	{name: "google.golang.org/protobuf", language: "go", modules: map[string]string{".": "google.golang.org/protobuf"}, why: "generated code"},
	{name: "honnef.co/go/tools", language: "go", modules: map[string]string{".": "honnef.co/go/tools"}, why: "many small packages"},
	{name: "go-git/v5", language: "go", modules: map[string]string{".": "github.com/go-git/go-git/v5"}, why: "a major version in its path"},
	{name: "cel-go", language: "go", modules: map[string]string{".": "cel.dev/cel-go"}, why: "tests that embed"},
	{name: "wazero", language: "go", modules: map[string]string{".": "github.com/tetratelabs/wazero"}, why: "eight thousand embedded files"},
	{name: "gotk3", language: "go", modules: map[string]string{".": "github.com/gotk3/gotk3"}, why: "cgo"},
	{
		name: "a workspace", language: "go", why: "go.work",
		modules: map[string]string{"telemetry": "golang.org/x/telemetry", "mod": "golang.org/x/mod", "sync": "golang.org/x/sync"},
		append:  map[string]string{"go.work": "go 1.26.0\n\nuse (\n\t./mod\n\t./sync\n\t./telemetry\n)\n"},
	},
	{
		name: "replaced modules", language: "go", why: "replace, in several modules of one tree",
		modules: map[string]string{".": "golang.org/x/telemetry", "third/mod": "golang.org/x/mod", "third/sync": "golang.org/x/sync", "third/tools": "golang.org/x/tools"},
		append: map[string]string{
			"go.mod":           "\nreplace golang.org/x/mod => ./third/mod\n\nreplace (\n\tgolang.org/x/sync v0.22.0 => ./third/sync\n)\n",
			"third/mod/go.mod": "\nreplace golang.org/x/tools => ../tools\n",
		},
	},
	{
		name: "vendored modules", language: "go", why: "vendor, with the copy of a module that is replaced",
		modules: map[string]string{".": "golang.org/x/telemetry", "third/mod": "golang.org/x/mod"},
		append:  map[string]string{"go.mod": "\nreplace golang.org/x/mod => ./third/mod\n"},
		run:     []string{"go", "mod", "vendor"},
	},
	{name: "django", language: "python", deb: "python3-django", folder: pythonPackages, why: "a large framework"},
	{name: "twisted", language: "python", deb: "python3-twisted", folder: pythonPackages, why: "tests inside of packages, imports behind conditions"},
	{name: "sqlalchemy", language: "python", deb: "python3-sqlalchemy", folder: pythonPackages, why: "packages that pass on what others define"},
	{name: "svelte", language: "script", packages: map[string]string{".": "svelte"}, why: "JavaScript, the imports field, a package that imports itself through its exports"},
	{name: "zod", language: "script", packages: map[string]string{"package.json": "zod/package.json", "src": "zod/src"}, why: "TypeScript that imports x.js for x.ts"},
	{name: "preact", language: "script", packages: map[string]string{".": "preact"}, why: "package.json files in subfolders, declarations by hand"},
	{
		name: "trpc", language: "script", packages: map[string]string{"packages/server": "@trpc/server", "packages/client": "@trpc/client"}, why: "a workspace: one package imports another through its exports",
		append: map[string]string{"package.json": `{"private": true, "workspaces": ["packages/*"]}`},
	},
	{name: "jsoup", language: "java", source: "jsoup", why: "nested types, tests without their library"},
	{name: "commons-io", language: "java", source: "commons-io", why: "many packages that import each other, types with the names of others"},
}

// pythonPackages is where Debian puts them.
const pythonPackages = "usr/lib/python3/dist-packages"

// place puts a corpus into an empty folder, or finds it where the registry's client has
// put it. lists is the folder corpora/, which says what to download; what is there already
// is not downloaded again.
func (c *corpus) place(ctx context.Context, lists, dir string) (root, version string, err error) {
	switch {
	case c.deb != "":
		root, err = registry.DebianPackage(ctx, c.deb, c.folder)
		return root, "", err
	case c.packages != nil:
		return dir, "", c.placePackages(ctx, lists, dir)
	case c.source != "":
		root, err = registry.DebianSource(ctx, c.source)
		return root, "", err
	}
	modules, err := goDownloads(ctx, lists)
	if err != nil {
		return "", "", err
	}
	if name := c.modules["."]; name != "" && len(c.modules)+len(c.append) == 1 {
		m := modules[name]
		return m.Dir, m.Version, nil
	}
	for folder, name := range c.modules {
		if err := registry.CopyFolder(filepath.Join(dir, folder), modules[name].Dir); err != nil {
			return "", "", err
		}
	}
	if err := c.appendTo(dir); err != nil {
		return "", "", err
	}
	if len(c.run) > 0 {
		if _, err := registry.Output(ctx, dir, goOffline(), c.run...); err != nil {
			return "", "", err
		}
	}
	return dir, "", nil
}

// placePackages copies what npm has installed: dependency-cruiser sees a project in it, no
// dependency.
func (c *corpus) placePackages(ctx context.Context, lists, dir string) error {
	modules, err := registry.NPM(ctx, filepath.Join(lists, "npm"))
	if err != nil {
		return err
	}
	for folder, name := range c.packages {
		if err := registry.CopyFolder(filepath.Join(dir, folder), filepath.Join(modules, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return c.appendTo(dir)
}

func (c *corpus) appendTo(dir string) error {
	for name, text := range c.append {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// goOffline keeps the go command to what is there.
func goOffline() []string {
	return append(os.Environ(), "GOPROXY=off", "GOTOOLCHAIN=local", "GOFLAGS=-mod=mod", "GOWORK=off", "GOSUMDB=off")
}

type goDownload struct{ Path, Version, Dir string }

// goDownloads finds the modules of corpora/go/go.mod in the module cache, and downloads
// those that are not there: go.sum says what they must be.
func goDownloads(ctx context.Context, lists string) (map[string]goDownload, error) {
	mod := filepath.Join(lists, "go")
	env := append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	out, err := registry.Output(ctx, mod, env, "go", "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var file struct{ Require []struct{ Path string } }
	if err := json.Unmarshal(out, &file); err != nil {
		return nil, fmt.Errorf("reading %s/go.mod: %w", mod, err)
	}
	args := []string{"go", "mod", "download", "-json"}
	for _, r := range file.Require {
		args = append(args, r.Path)
	}
	if out, err = registry.Output(ctx, mod, env, args...); err != nil {
		return nil, err
	}
	modules := map[string]goDownload{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct {
			goDownload
			Error string
		}
		switch err := dec.Decode(&m); {
		case errors.Is(err, io.EOF):
			return modules, nil
		case err != nil:
			return nil, err
		case m.Error != "":
			return nil, fmt.Errorf("downloading %s: %s", m.Path, strings.TrimSpace(m.Error))
		}
		modules[m.Path] = m.goDownload
	}
}
