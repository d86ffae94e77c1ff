package attestation

import (
	"strings"

	"custody/internal/change"
)

// A hint is how an agent is known by what stands beside a change: the name of its
// branch, and the files that configure the agent. Anybody may name a branch, and a
// person writes instructions for an agent: hints are shown, and decide nothing.
type hint struct {
	agent    string   // of the identity table; "" is read by several agents
	branches []string // prefixes of the branches that it makes by itself
	files    []string // lower case: names, ends of paths, and folders, which end in a slash
	source   string
	// yes and no are examples that the tests run: "branch NAME" or "file PATH". No is a
	// hint of nothing.
	yes, no []string
}

// hints is the table. Two rows must not share a prefix or a file (a test looks).
var hints = []hint{
	{
		agent: "claude-code", branches: []string{"claude/"}, files: []string{"claude.md", "claude.local.md", ".claude/"},
		source: written,
		yes:    []string{"branch claude/issue-12-20261101", "branch refs/heads/claude/fix", "file CLAUDE.md", "file web/.claude/settings.json"},
		no:     []string{"branch claude", "branch claudette/fix", "branch fix/claude/it", "file docs/claude.md.txt", "file claude/main.go"},
	},
	{
		agent: "codex", branches: []string{"codex/"}, files: []string{".codex/"},
		source: written,
		yes:    []string{"branch codex/add-tests", "file .codex/config.toml"},
		no:     []string{"branch codexes/add", "file codex/a.go"},
	},
	{
		agent: "copilot", branches: []string{"copilot/"}, files: []string{".github/copilot-instructions.md"},
		source: written,
		yes:    []string{"branch copilot/fix-7", "file .github/copilot-instructions.md"},
		no:     []string{"branch my-copilot/fix", "file docs/copilot-instructions.md"},
	},
	{
		agent: "cursor", branches: []string{"cursor/"}, files: []string{".cursor/", ".cursorrules"},
		source: written,
		yes:    []string{"branch cursor/move-the-table-a1b2", "file .cursor/rules/go.mdc", "file .cursorrules"},
		no:     []string{"branch cursor-position", "file db/cursor/a.go"},
	},
	{
		agent: "devin", branches: []string{"devin/"}, files: []string{".devin/"},
		source: written,
		yes:    []string{"branch devin/1764000000-add-tests", "file .devin/wiki.json"},
		no:     []string{"branch devins/add", "file devin/a.go"},
	},
	{agent: "aider", files: []string{".aider.conf.yml"}, source: written, yes: []string{"file .aider.conf.yml"}, no: []string{"file aider.conf.yml"}},
	{agent: "gemini", files: []string{"gemini.md", ".gemini/"}, source: written, yes: []string{"file GEMINI.md", "file .gemini/settings.json"}, no: []string{"file docs/gemini.mdx"}},
	{agent: "windsurf", files: []string{".windsurf/", ".windsurfrules"}, source: written, yes: []string{"file .windsurf/rules/a.md", "file .windsurfrules"}, no: []string{"file windsurf/a.go"}},
	{files: []string{"agents.md"}, source: written, yes: []string{"file AGENTS.md", "file web/AGENTS.md"}, no: []string{"file docs/our-agents.md"}},
}

// branchHint finds whose prefix a branch has.
func branchHint(branch string) (*hint, bool) {
	branch = strings.TrimPrefix(branch, "refs/heads/")
	for i := range hints {
		for _, p := range hints[i].branches {
			if len(branch) > len(p) && strings.HasPrefix(branch, p) {
				return &hints[i], true
			}
		}
	}
	return nil, false
}

// fileHint finds whose configuration a file is.
func fileHint(path string) (*hint, bool) {
	path = "/" + strings.ToLower(path)
	for i := range hints {
		for _, f := range hints[i].files {
			if strings.HasSuffix(f, "/") && strings.Contains(path, "/"+f) || strings.HasSuffix(path, "/"+f) {
				return &hints[i], true
			}
		}
	}
	return nil, false
}

// hint notes what the branch and the files of the change let one suspect. It stands
// apart from the evidence for commits, so that no class can rest on it.
func (a *assessor) hint() {
	if a.Context != nil && a.Context.Change != nil {
		branch := a.Context.Change.Branch
		if h, ok := branchHint(branch); ok {
			a.r.Evidence = append(a.r.Evidence, Evidence{
				Source: "branch", Strength: "F", Class: AIDeclared, Agent: h.agent, Scope: "change",
				Detail: change.Printable("branch " + branch),
			})
		}
	}
	more := 0
	for i := range a.Change.Files {
		f := &a.Change.Files[i]
		if f.Status == change.Deleted {
			continue
		}
		h, ok := fileHint(string(f.Path))
		switch {
		case !ok:
		case len(a.r.Evidence) >= maxShown:
			more++
		default:
			a.r.Evidence = append(a.r.Evidence, Evidence{
				Source: "configuration", Strength: "F", Class: Unknown, Agent: h.agent, Scope: "file:" + f.Path.Escaped(),
				Detail: change.Printable("the change touches " + f.Path.Escaped() + ", which agents read"),
			})
		}
	}
	if more > 0 {
		a.r.Evidence = append(a.r.Evidence, Evidence{
			Source: "limit", Strength: "F", Class: Unknown, Scope: "change",
			Detail: plural(more, "more file") + " that agents read, not shown",
		})
	}
}
