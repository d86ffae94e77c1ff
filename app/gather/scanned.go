package gather

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/internal/change"
)

// Bounds of what is read of scanners' results.
const (
	maxSARIF     = 16 << 20 // bytes of one
	maxAnalyses  = 50
	maxMerges    = 16 // commits of one ref that are looked at, whether they bring the head in
	maxScanPages = 5  // of 100 of one ref, until one about the head is found
)

// scannedAt is a ref that scanners tell of, and which commits of it are about the head.
type scannedAt struct {
	ref    string
	merges bool // it is GitHub's try of a merge: the commit is about what it brings in
}

// sarif reads what scanners that a requirement asks for found on the head, as they
// uploaded it to code scanning. An analysis of the merge that GitHub tries counts if the
// head is what is merged there. Of each tool and category the newest counts, on whichever ref.
func (r *Reader) sarif(ctx context.Context, head string, refs func(context.Context) ([]scannedAt, error)) error {
	if len(r.Want.Tools) == 0 {
		return nil
	}
	all := []change.SARIF{}
	err := r.read("sarif", r.path("code-scanning/analyses"), func() error {
		refs, err := refs(ctx)
		if err != nil {
			return err
		}
		var list []*github.ScanningAnalysis
		for _, at := range refs {
			some, err := r.analyses(ctx, at, head)
			if err != nil {
				return err
			}
			list = append(list, some...)
		}
		for _, a := range newest(list) {
			one, err := r.results(ctx, a.GetID(), head)
			if err != nil {
				return err
			}
			if all = append(all, one...); len(all) > maxAnalyses {
				return errTooMany
			}
		}
		return nil
	}, func() { all = nil }, func() any { return all })
	if err != nil || r.missing("sarif") {
		return err
	}
	r.context.SARIF = all
	return nil
}

// newest are those of some analyses that count: the newest of each tool and category, whatever ref
// they were uploaded for, but for what GitHub could not take in, which is no scan.
func newest(list []*github.ScanningAnalysis) (all []*github.ScanningAnalysis) {
	slices.SortStableFunc(list, func(a, b *github.ScanningAnalysis) int { return b.GetCreatedAt().Compare(a.GetCreatedAt().Time) })
	seen := map[string]bool{}
	for _, a := range list {
		if key := a.GetTool().GetName() + "\x00" + a.GetCategory(); !seen[key] && a.GetError() == "" {
			seen[key] = true
			all = append(all, a)
		}
	}
	return all
}

// analyses lists those of a ref that are about the head, the newest first. A branch may have
// thousands of other commits: those of one commit stand together, so the list is read up to
// the page behind them. GitHub says 404 when there are none at all, and when code scanning
// is off: nobody looked, which is no result either way.
func (r *Reader) analyses(ctx context.Context, at scannedAt, head string) ([]*github.ScanningAnalysis, error) {
	var all []*github.ScanningAnalysis
	about, page := map[string]bool{head: true}, 0
	err := pages(func(o github.ListOptions) (*github.Response, error) {
		list, resp, err := r.Client.CodeScanning.ListAnalysesForRepo(ctx, r.Repo.Owner, r.Repo.Name, &github.AnalysesListOptions{Ref: github.String(at.ref), ListOptions: o})
		if err != nil {
			return resp, err
		}
		before := len(all)
		for _, a := range list {
			if !slices.Contains(r.Want.Tools, a.GetTool().GetName()) {
				continue
			}
			sha := a.GetCommitSHA()
			is, known := about[sha]
			if !known && at.merges && len(about) <= maxMerges {
				if is, err = r.bringsIn(ctx, sha, head); err != nil {
					return resp, err
				}
				about[sha] = is
			}
			if is {
				all = append(all, a)
			}
		}
		if page++; before == len(all) && (before > 0 || page == maxScanPages) {
			resp.NextPage = 0
		}
		return resp, nil
	})
	return all, err
}

// bringsIn says whether a commit is GitHub's try of a merge of the head.
func (r *Reader) bringsIn(ctx context.Context, commit, head string) (bool, error) {
	c, _, err := r.Client.Repositories.GetCommit(ctx, r.Repo.Owner, r.Repo.Name, commit, &github.ListOptions{PerPage: 1})
	if err != nil {
		return false, err
	}
	return len(c.Parents) == 2 && c.Parents[1].GetSHA() == head, nil
}

// queuedAt are the refs on which scanners tell of a merge group: what runs for a group runs on
// the ref that the queue made for it. Groups are kept without that, so it is asked for; number
// is the pull request that the group adds, 0 for none that is known.
func (r *Reader) queuedAt(target, head string, number int) func(context.Context) ([]scannedAt, error) {
	return func(ctx context.Context) ([]scannedAt, error) {
		refs := []scannedAt{{ref: target}}
		branch, isBranch := strings.CutPrefix(target, "refs/heads/")
		if !isBranch {
			return refs, nil
		}
		begins := "heads/gh-readonly-queue/" + branch + "/pr-"
		if number != 0 {
			begins += strconv.Itoa(number) + "-"
		}
		list, _, err := r.Client.Git.ListMatchingRefs(ctx, r.Repo.Owner, r.Repo.Name, &github.ReferenceListOptions{Ref: begins})
		for _, ref := range list {
			if ref.GetObject().GetSHA() == head {
				refs = append(refs, scannedAt{ref: ref.GetRef()})
			}
		}
		return refs, err
	}
}

// results reads one upload and counts what it holds.
func (r *Reader) results(ctx context.Context, id int64, head string) ([]change.SARIF, error) {
	path := fmt.Sprintf("repos/%s/%s/code-scanning/analyses/%d", url.PathEscape(r.Repo.Owner), url.PathEscape(r.Repo.Name), id)
	req, err := r.Client.NewRequest("GET", path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/sarif+json")
	var text bounded
	if _, err := r.Client.Do(ctx, req, &text); err != nil {
		if errors.Is(err, errTooLong) {
			return nil, errTooMany
		}
		return nil, err
	}
	return count(text.Bytes(), head)
}

// bounded keeps what is written to it, up to maxSARIF bytes.
type bounded struct{ bytes.Buffer }

var errTooLong = errors.New("more than we read")

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxSARIF {
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}

// count counts results by rule and level, as SARIF 2.1.0 says: what a result lacks is its
// rule's, or "warning". A run is one entry.
func count(text []byte, head string) ([]change.SARIF, error) {
	var doc struct {
		Runs []sarifRun `json:"runs"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, errTooMany // it is there, and says nothing that can be read
	}
	sum := sha256.Sum256(text)
	var all []change.SARIF
	for _, run := range doc.Runs {
		s := change.SARIF{Tool: change.Printable(run.Tool.Driver.Name), Head: head, Digest: "sha256:" + hex.EncodeToString(sum[:]), Results: len(run.Results), Counts: []change.SARIFCount{}}
		counts := map[change.SARIFCount]int{}
		for i := range run.Results {
			counts[run.counted(&run.Results[i])]++
		}
		for c, n := range counts {
			c.Results = n
			s.Counts = append(s.Counts, c)
		}
		slices.SortFunc(s.Counts, func(a, b change.SARIFCount) int {
			return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Level, b.Level))
		})
		all = append(all, s)
	}
	return all, nil
}

// A sarifRun is what counts of one run of a scanner.
type sarifRun struct {
	Tool struct {
		Driver     sarifComponent   `json:"driver"`
		Extensions []sarifComponent `json:"extensions"` // CodeQL has its rules here
	} `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifComponent struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID      string `json:"id"`
	Default struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
}

type sarifResult struct {
	RuleID    string `json:"ruleId"`
	RuleIndex *int   `json:"ruleIndex"`
	Rule      struct {
		ID        string `json:"id"`
		Index     *int   `json:"index"`
		Component struct {
			Index *int `json:"index"` // of an extension; none: the driver
		} `json:"toolComponent"`
	} `json:"rule"`
	Kind  string `json:"kind"`
	Level string `json:"level"`
}

// counted is the rule and the level of a result. A level that can not be known is none: who
// judges it says so.
func (r *sarifRun) counted(res *sarifResult) change.SARIFCount {
	id, level := cmp.Or(res.RuleID, res.Rule.ID), res.Level
	rule, lost := r.ruleOf(res, id)
	if rule != nil {
		id, level = cmp.Or(id, rule.ID), cmp.Or(level, rule.Default.Level)
	}
	switch {
	case res.Level == "" && res.Kind != "" && res.Kind != "fail":
		level = "none"
	case level == "" && !lost:
		level = "warning"
	}
	return change.SARIFCount{Rule: change.Printable(id), Level: change.Printable(level)}
}

// ruleOf finds the rule of a result; lost says that it names a place that is not there.
func (r *sarifRun) ruleOf(res *sarifResult, id string) (rule *sarifRule, lost bool) {
	component, index := &r.Tool.Driver, res.RuleIndex
	if index == nil {
		index = res.Rule.Index
	}
	if at := res.Rule.Component.Index; at != nil && *at != -1 {
		if *at < 0 || *at >= len(r.Tool.Extensions) {
			return nil, true
		}
		component = &r.Tool.Extensions[*at]
	}
	if index != nil && *index != -1 { // -1: SARIF's own word for none
		if *index < 0 || *index >= len(component.Rules) {
			return nil, true
		}
		return &component.Rules[*index], false
	}
	for _, c := range append([]sarifComponent{*component, r.Tool.Driver}, r.Tool.Extensions...) {
		if i := slices.IndexFunc(c.Rules, func(u sarifRule) bool { return u.ID == id && id != "" }); i >= 0 {
			return &c.Rules[i], false
		}
	}
	return nil, false
}
