// Package install puts Custody's hooks where a git server looks for them, and takes them
// away again.
//
// It promises that a hook which was there before keeps running, with the same arguments
// and input, and that its exit code counts; that at no moment a push meets fewer hooks
// than before; that doing it twice changes nothing; that taking it away leaves the hooks
// as they were; and that it writes through no symbolic link and into no folder that
// others own or may write to. It runs nothing and knows no repository, only folders.
package install

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"custody/impact/cache"
)

// A Place is where a server looks for one hook.
type Place struct {
	Hook string   // "pre-receive"
	Root string   // an existing folder that is ours
	Path []string // folders below it, made where missing, and the file's name
}

// Places are where hooks belong. folder is as in hooks.Adapter: empty for git's own, one
// file each; else it holds a folder such as pre-receive.d for many.
func Places(root, folder string, hooks []string) []Place {
	var all []Place
	for _, hook := range hooks {
		p := Place{Hook: hook, Root: root, Path: []string{"hooks", hook}}
		if folder != "" {
			p.Path = []string{folder, hook + ".d", "custody"}
		}
		all = append(all, p)
	}
	return all
}

// Shared are where hooks belong in a folder that serves many repositories: what
// core.hooksPath names, or GitLab's custom_hooks_dir.
func Shared(root, folder string, hooks []string) []Place {
	all := Places(root, folder, hooks)
	for i := range all {
		all[i].Path = all[i].Path[1:]
	}
	return all
}

// File is where the hook is, and kept where the one that was there before is.
func (p Place) File() string { return filepath.Join(append([]string{p.Root}, p.Path...)...) }
func (p Place) kept() string { return p.File() + keptSuffix }

const keptSuffix = ".custody-kept"

// A State is what stands at a place.
type State string

const (
	Absent    State = "absent"
	Other     State = "other"     // a hook of somebody else, and none of ours
	Installed State = "installed" // ours
	Chained   State = "chained"   // ours, and it runs the one that was there before
	Replaced  State = "replaced"  // somebody else's now stands in the place of ours
)

// Look says what stands at the place, and the text of our hook if it is one.
func (p Place) Look() (State, string, error) {
	text, err := p.read()
	if err != nil {
		return "", "", err
	}
	_, err = os.Lstat(p.kept())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	kept := err == nil
	switch {
	case IsOurs(text) && kept:
		return Chained, string(text), nil
	case IsOurs(text):
		return Installed, string(text), nil
	case kept:
		return Replaced, "", nil
	case text != nil:
		return Other, "", nil
	}
	return Absent, "", nil
}

// maxScript is more than a hook of ours has, in bytes.
const maxScript = 64 << 10

// read gives the beginning of what stands at the place, nil when there is nothing.
func (p Place) read() ([]byte, error) {
	info, err := os.Lstat(p.File())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return []byte{}, nil // somebody else's, wherever it leads: ours is none
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file: take it away", p.File())
	}
	f, err := os.Open(p.File())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxScript))
	if err == nil && text == nil {
		text = []byte{}
	}
	return text, err
}

// Check says why nothing may be installed at the place.
func (p Place) Check() error {
	dir := p.Root
	if err := ours(dir); err != nil {
		return err
	}
	for _, name := range p.Path[:len(p.Path)-1] {
		dir = filepath.Join(dir, name)
		if err := ours(dir); errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
	}
	state, _, err := p.Look()
	switch {
	case err != nil:
		return err
	case state == Replaced:
		return fmt.Errorf("%s was replaced after custody was installed, and %s holds the hook from before that: take one of them away", p.File(), p.kept())
	case state == Other && len(p.Path) > 2 && p.Path[len(p.Path)-1] == "custody":
		return fmt.Errorf("%s is somebody else's: take it away", p.File())
	}
	return nil
}

// ours refuses a folder that is none, or into which others may put something.
func ours(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a symbolic link: install where it leads, if that is meant", dir)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	if err := cache.Private(dir); err != nil {
		return fmt.Errorf("%w; only its owner installs hooks, where nobody else may write", err)
	}
	return nil
}

// Install puts the script at the place, in front of a hook that is there already. It
// says whether it had to do anything.
func (p Place) Install(s Script) (changed bool, err error) {
	if err := p.Check(); err != nil {
		return false, err
	}
	state, was, err := p.Look()
	if err != nil {
		return false, err
	}
	if s.made, err = p.makeFolders(); err != nil {
		return false, err
	}
	s.made = max(s.made, madeIn(was))
	s.Hook = p.Hook
	s.chained = state == Other || state == Chained
	if was == s.Text() {
		return false, nil
	}
	if state == Other {
		// A second name, and not another one: between the two steps a push still meets it.
		if err := os.Link(p.File(), p.kept()); err != nil {
			return false, fmt.Errorf("keeping the hook that is there: %w", err)
		}
	}
	if err := p.write(s.Text()); err != nil {
		if state == Other {
			err = errors.Join(err, os.Remove(p.kept()))
		}
		return false, err
	}
	return true, nil
}

// makeFolders makes what is missing above the file, and says how many it made.
func (p Place) makeFolders() (made int, err error) {
	dir := p.Root
	for _, name := range p.Path[:len(p.Path)-1] {
		dir = filepath.Join(dir, name)
		err := os.Mkdir(dir, 0o755)
		switch {
		case err == nil:
			made++
		case !errors.Is(err, fs.ErrExist):
			return made, err
		}
	}
	return made, nil
}

// write puts a whole script in its place by one rename.
func (p Place) write(text string) error {
	f, err := os.CreateTemp(filepath.Dir(p.File()), ".custody-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(0o755), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), p.File())
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// Uninstall takes our hook away and puts back the one that was there before. It says
// whether there was one of ours. Places that share folders are left in the opposite order
// of Install: the first of them made those.
func (p Place) Uninstall() (changed bool, err error) {
	state, text, err := p.Look()
	if err != nil {
		return false, err
	}
	switch state {
	case Replaced:
		return false, fmt.Errorf("%s is not custody's any more, and %s holds the hook from before: take one of them away", p.File(), p.kept())
	case Chained:
		return true, os.Rename(p.kept(), p.File())
	case Installed:
		if err := os.Remove(p.File()); err != nil {
			return false, err
		}
		dir := filepath.Dir(p.File())
		for range madeIn(text) {
			if os.Remove(dir) != nil { // somebody uses it by now
				break
			}
			dir = filepath.Dir(dir)
		}
		return true, nil
	}
	return false, nil
}

// IsOurs says whether a text is a hook that Install wrote.
func IsOurs(text []byte) bool { return bytes.HasPrefix(text, []byte(head)) }
