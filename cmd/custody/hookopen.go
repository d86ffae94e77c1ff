package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"custody/hooks"
	"custody/impact"
	"custody/impact/cache"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/git"
	"custody/internal/program"
	"custody/internal/sign"
)

// An openHook is a hook with what has to be closed.
type openHook struct {
	hooks.Hook
	repo   *git.Repository
	folder *hooks.Folder
	facts  *cache.Store
	graphs *cache.Graphs
}

func (h *openHook) close() { h.repo.Close() }

// open gathers everything that the operator set up.
func (o *hookOptions) open(ctx context.Context, p *process) (*openHook, error) {
	server, err := hooks.FindServer(o.server, p.env)
	if err != nil {
		return nil, err
	}
	h := &openHook{Hook: hooks.Hook{
		Server: server, Mode: config.Mode(o.mode), Deadline: o.deadline,
		Day: p.today(), Version: program.Version(),
	}}
	options := []git.Option{git.WithEnviron(p.environ), git.WithQuarantines(server.Quarantines...)}
	if server.Unmarked {
		options = append(options, git.WithUnmarkedQuarantine())
	}
	if !o.look {
		// Temporary files too are kept where nobody else can write, whatever TMPDIR says.
		options = append(options, git.WithTemp(func(commonDir string) (string, error) {
			var err error
			if h.folder, err = hooks.OpenFolder(filepath.Join(commonDir, "custody"), p.now); err != nil {
				return "", err
			}
			h.Packs = h.folder
			return h.folder.Path("tmp"), nil
		}))
	}
	memory := p.expect(ctx, collectAt)
	h.repo, err = git.Open(ctx, o.dir, options...)
	_ = memory.End()
	if err != nil {
		return nil, err
	}
	if o.look {
		h.folder, err = hooks.LookFolder(filepath.Join(h.repo.CommonDir(), "custody"))
	}
	if err == nil {
		err = o.files(p, h)
	}
	if err != nil {
		h.close()
		return nil, err
	}
	h.Repository = h.repo
	h.facts = cache.Open(h.folder.Path(filepath.Join("cache", cache.FileName)))
	h.graphs = cache.OpenGraphs(h.folder.Path(filepath.Join("cache", cache.GraphFileName)), program.Build())
	h.Facts, h.Graphs = h.facts, h.graphs
	return h, nil
}

func (o *hookOptions) files(p *process, h *openHook) error {
	var err error
	if h.Floor, err = operatorFile(o.floor, h.folder.Path("floor.yaml"), yaml.MaxBytes); err != nil {
		return fmt.Errorf("reading the floor: %w", err)
	}
	keys := o.trusted
	if keys == "" {
		usual := h.folder.Path("trusted_keys")
		if _, err := os.Lstat(usual); err == nil {
			keys = usual
		}
	}
	if keys != "" {
		text, name, err := readKeyRing(p, keys)
		if err != nil {
			return err
		}
		h.Keys = &hooks.File{Name: name, Text: text}
	}
	if o.context != "" {
		if h.Context, err = operatorFile(o.context, "", change.MaxContext); err != nil {
			return fmt.Errorf("reading the context: %w", err)
		}
	}
	folder := o.contexts
	if folder == "" {
		folder = h.folder.Path("contexts")
	}
	h.Contexts = hooks.ContextFolder(folder)
	h.Salt = saltIn(h.folder.Path("salt"))
	return nil
}

// operatorFile reads a file that was named, or the usual one if it is there.
func operatorFile(named, usual string, limit int64) (*hooks.File, error) {
	name := named
	if name == "" {
		name = usual
	}
	text, err := readFile(name, limit)
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &hooks.File{Name: name, Text: text}, nil
}

// signer finds the key of the hook. None is ever made here: who pushes must not be the
// first to decide what signs packs.
func (o *hookOptions) signer(p *process, folder *hooks.Folder) (sign.Signer, error) {
	if o.keys.signer != "" || o.keys.key != "" {
		return o.keys.load(p)
	}
	usual := folder.Path("signing.pem")
	if _, err := os.Stat(usual); err == nil {
		return readKey(usual)
	}
	if file := p.env("CUSTODY_SIGNING_KEY"); file != "" {
		return readKey(file)
	}
	return nil, errors.New("no signing key: put one into custody/signing.pem in the git directory ('custody hook install' makes one), or name it by --key")
}

// maxPushOptions is more than anybody gives.
const maxPushOptions = 1000

func pushOptions(p *process) []string {
	n, err := strconv.Atoi(p.env("GIT_PUSH_OPTION_COUNT"))
	if err != nil {
		return nil
	}
	var all []string
	for i := range min(n, maxPushOptions) {
		all = append(all, p.env("GIT_PUSH_OPTION_"+strconv.Itoa(i)))
	}
	return all
}

// cold says whether nothing is remembered yet.
func (h *openHook) cold() bool { return h.facts.Empty() }

// warm reads the default branch for the next push.
func (h *openHook) warm(ctx context.Context) error {
	main, err := h.repo.DefaultBranch(ctx)
	if err != nil || main.Tip.IsZero() {
		return err
	}
	commit, err := h.repo.Commit(ctx, main.Tip)
	if err != nil {
		return err
	}
	in := impact.BuildInput{Source: impact.Objects(h.repo), Commit: commit.ID, Tree: commit.Tree, Facts: h.facts}
	if !h.cold() {
		return impact.Know(ctx, in, h.graphs)
	}
	k, err := impact.BuildKnown(ctx, in) // for its facts, too
	if err == nil && k != nil {
		h.graphs.KeepGraph(commit.Tree, k)
	}
	return err
}
