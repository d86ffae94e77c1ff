// Package example judges changes that are written down as examples, with the verdict
// that is expected of each: tests for a policy, without git, forge or network.
//
// It promises that an example is judged by the same code as a change, that what an
// example does not say is a missing fact only if it says so, and that the same file
// gives the same answer on every day.
package example

import (
	"fmt"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/finding"
)

// FileName is where examples stand beside a policy.
const FileName = ".custody.test.yaml"

// A File is a list of examples.
type File struct {
	// Version is that of the format: `1`.
	Version int `yaml:"version,required"`
	// Policy is the policy that is tested, beside this file. Default: `.custody.yaml`.
	Policy string `yaml:"policy"`
	// Floor is the organisation's floor under it. Default: none.
	Floor string `yaml:"floor"`
	// Repository is where the changes are, `host/owner/name`. Default: `github.com/example/example`.
	Repository string `yaml:"repository"`
	// People give logins their numeric ids, which an identity map needs. Others get one of their own.
	People []Account `yaml:"people"`
	// Owners is the text of CODEOWNERS at base. Default: none.
	Owners string `yaml:"owners"`
	// Examples are the changes.
	Examples []Example `yaml:"examples,required"`
}

// An Account is a login and its id.
type Account struct {
	// Login is the account's name.
	Login string `yaml:"login,required"`
	// ID is the forge's number of it.
	ID int `yaml:"id,required"`
	// Type is `User`, `Bot` or `App`. Default: `User`.
	Type AccountType `yaml:"type"`
}

// An Example is one change, and what is expected of it.
type Example struct {
	// Name says what the example shows, and tells it apart.
	Name string `yaml:"name,required"`
	// Stage is `push`, `merge` or `record`. Default: `merge`.
	Stage change.Stage `yaml:"stage"`
	// On is the day of the review. Default: `2026-01-15`; reviews and checks are of that day.
	On config.Day `yaml:"on"`
	// Merged is the day on which the change landed, for stage `record`. Default: the day of the review.
	Merged config.Day `yaml:"merged"`
	// Files are those that the change touches.
	Files []TouchedFile `yaml:"files"`
	// Unmet are the requirements that head does not meet; it meets all others. With `tree` they are verified instead.
	Unmet []string `yaml:"unmet"`
	// Tree are further files at head, which the change does not touch. With it, requirements are verified on them and on the `content` of `files`.
	Tree []TreeFile `yaml:"tree"`
	// Author opened, wrote, committed and pushed the change. Default: `author`.
	Author string `yaml:"author"`
	// CoAuthors are named in the commit's message too.
	CoAuthors []string `yaml:"co_authors"`
	// Pushers pushed the change. Default: the author.
	Pushers []string `yaml:"pushers"`
	// Authorship is the class of the commit and of lines that have none of their own. Default: `unknown`.
	Authorship config.Class `yaml:"authorship"`
	// Message is that of the commit. Default: `Change`.
	Message string `yaml:"message"`
	// Kind is `pull_request`, `merge_group` or `push`. Default: `pull_request`.
	Kind RequestKind `yaml:"kind"`
	// Title is the pull request's. Default: the first line of the message.
	Title string `yaml:"title"`
	// Text is the pull request's.
	Text string `yaml:"text"`
	// Tickets are those that it names.
	Tickets []string `yaml:"tickets"`
	// Labels are the pull request's.
	Labels []string `yaml:"labels"`
	// Reviews are in the order of time.
	Reviews []Review `yaml:"reviews"`
	// Checks are those that ran on the head.
	Checks []CheckRun `yaml:"checks"`
	// Emergency says that the change was declared one.
	Emergency *Emergency `yaml:"emergency"`
	// Reach is how many nodes the change reaches. Default: it is not known.
	Reach *int `yaml:"reach"`
	// Missing are parts of the context that are not there: `context` for all of it, `reviews`, `checks`, `labels`, `pushers`, `reason`, `commits`.
	Missing []Part `yaml:"missing"`
	// Expect is what must come out.
	Expect Expect `yaml:"expect,required"`
}

// A TouchedFile is one file of a change.
type TouchedFile struct {
	// Path is at head; of a deleted file the old one.
	Path config.RepoPath `yaml:"path,required"`
	// From is the old path of a renamed file.
	From config.RepoPath `yaml:"from"`
	// Status is `added`, `modified`, `deleted` or `renamed`. Default: `renamed` with `from`, else `modified`.
	Status FileStatus `yaml:"status"`
	// Content is the file's at head. Default: as many lines as `lines` says.
	Content string `yaml:"content"`
	// Lines is how many lines the change adds, without `content`. Default: 1.
	Lines *int `yaml:"lines"`
	// Class says who or what wrote the added lines. Default: the example's `authorship`.
	Class config.Class `yaml:"class"`
}

// A TreeFile is a file that the change does not touch.
type TreeFile struct {
	// Path is the file's.
	Path config.RepoPath `yaml:"path,required"`
	// Content is the file's.
	Content string `yaml:"content"`
}

// A Review is one word of one person.
type Review struct {
	// By is their login.
	By string `yaml:"by,required"`
	// State is `approved`, `changes_requested`, `commented` or `dismissed`. Default: `approved`.
	State ReviewState `yaml:"state"`
	// Permission is theirs. Default: `write`.
	Permission config.Permission `yaml:"permission"`
	// Teams are those that they are in.
	Teams []string `yaml:"teams"`
	// Commit is what they looked at: `head`, `same` (another commit with the same change) or `older`. Default: `head`.
	Commit ReviewedCommit `yaml:"commit"`
}

// A CheckRun is one check that ran on the head.
type CheckRun struct {
	// Name is the check's.
	Name string `yaml:"name,required"`
	// App is who ran it.
	App string `yaml:"app,required"`
	// Conclusion is how it ended. Default: `success`.
	Conclusion string `yaml:"conclusion"`
}

// An Emergency is the declaration of one.
type Emergency struct {
	// By is the login of who declared it.
	By string `yaml:"by,required"`
	// Permission is theirs. Default: `maintain`.
	Permission config.Permission `yaml:"permission"`
	// Teams are those that they are in.
	Teams []string `yaml:"teams"`
	// Reason is theirs.
	Reason string `yaml:"reason"`
	// On is the day on which they did. Default: the day on which the change landed.
	On config.Day `yaml:"on"`
}

// Expect is what must come out of an example. What it does not name may be anything.
type Expect struct {
	// Verdict is `pass`, `fail` or `incomplete`.
	Verdict Verdict `yaml:"verdict,required"`
	// Rules are outcomes of rules and requirements.
	Rules []Outcome `yaml:"rules"`
}

// An Outcome is that of one rule or requirement.
type Outcome struct {
	// ID is the rule's or requirement's, as the verdict names it.
	ID string `yaml:"id,required"`
	// Outcome is `satisfied`, `not-satisfied`, `not-assessed`, `not-applicable` or `excepted`.
	Outcome finding.Outcome `yaml:"outcome,required"`
	// Says is a part of one of its reasons or findings.
	Says string `yaml:"says"`
}

// Parse reads a file of examples. Every error is a *yaml.Error.
func Parse(name string, src []byte) (*File, error) {
	doc, err := yaml.Parse(name, src)
	if err != nil {
		return nil, err
	}
	f := &File{}
	if err := doc.Decode(f); err != nil {
		return nil, err
	}
	if f.Version != 1 {
		return nil, doc.Errorf(doc.Root.Get("version"), "version %d of the format of examples is not known", f.Version).WithHint("this program reads version: 1")
	}
	seen := map[string]bool{}
	for i, e := range f.Examples {
		n := doc.Root.Get("examples").Item(i)
		if seen[e.Name] {
			return nil, doc.Errorf(n.Get("name"), "the name %q is used twice", e.Name)
		}
		seen[e.Name] = true
		if len(e.Files) == 0 {
			return nil, doc.Errorf(n, "example %q touches no file", e.Name).WithHint("add\n    files:\n      - { path: src/a.go }")
		}
		if n.Get("tree") != nil && len(e.Unmet) > 0 {
			return nil, doc.Errorf(n.Get("unmet"), "example %q says both what is met and on which files to verify it", e.Name).WithHint("keep tree, or unmet")
		}
		for j, t := range e.Files {
			at := n.Get("files").Item(j)
			if (t.Status == "renamed") != (t.From != "") && t.Status != "" {
				return nil, doc.Errorf(at, "%s is %s: a renamed file, and no other, comes from somewhere", t.Path, t.Status)
			}
			if t.Lines != nil && (*t.Lines < 0 || *t.Lines > 100_000 || t.Content != "") {
				return nil, doc.Errorf(at.Get("lines"), "lines must be 0 to 100000, and stands in the place of content")
			}
		}
	}
	return f, nil
}

// The words of the format.
type (
	AccountType    string
	RequestKind    string
	FileStatus     string
	ReviewState    string
	ReviewedCommit string
	Part           string
	Verdict        string
)

// Words are those that each of these types takes.
var Words = map[string][]string{
	"AccountType":    {"User", "Bot", "App"},
	"RequestKind":    {"pull_request", "merge_group", "push"},
	"FileStatus":     {"added", "modified", "deleted", "renamed"},
	"ReviewState":    {"approved", "changes_requested", "commented", "dismissed"},
	"ReviewedCommit": {"head", "same", "older"},
	"Part":           {"context", "reviews", "checks", "labels", "pushers", "reason", "commits"},
	"Verdict":        {"pass", "fail", "incomplete"},
}

func word[T ~string](dst *T, b []byte, typ string) error {
	for _, w := range Words[typ] {
		if w == string(b) {
			*dst = T(w)
			return nil
		}
	}
	return &yaml.ValueError{Message: fmt.Sprintf("unknown value %.40q", b), Hint: fmt.Sprintf("use one of %v", Words[typ])}
}

// UnmarshalText accepts the words of the type.
func (t *AccountType) UnmarshalText(b []byte) error    { return word(t, b, "AccountType") }
func (t *RequestKind) UnmarshalText(b []byte) error    { return word(t, b, "RequestKind") }
func (t *FileStatus) UnmarshalText(b []byte) error     { return word(t, b, "FileStatus") }
func (t *ReviewState) UnmarshalText(b []byte) error    { return word(t, b, "ReviewState") }
func (t *ReviewedCommit) UnmarshalText(b []byte) error { return word(t, b, "ReviewedCommit") }
func (t *Part) UnmarshalText(b []byte) error           { return word(t, b, "Part") }
func (t *Verdict) UnmarshalText(b []byte) error        { return word(t, b, "Verdict") }
