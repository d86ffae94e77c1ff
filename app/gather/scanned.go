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

	"github.com/google/go-github/v62/github"

	"custody/internal/change"
)

// Bounds of what is read of scanners' results.
const (
	maxSARIF    = 16 << 20 // bytes of one
	maxAnalyses = 50
)

// sarif reads what scanners that a requirement asks for found on the head, as they
// uploaded it to code scanning. An analysis of the merge that GitHub tries counts if the
// head is what is merged there. Of each tool and category the newest counts.
func (r *Reader) sarif(ctx context.Context, head string, refs ...string) error {
	if len(r.Want.Tools) == 0 {
		return nil
	}
	all := []change.SARIF{}
	err := r.read("sarif", r.path("code-scanning/analyses"), func() error {
		seen, heads := map[string]bool{}, map[string]string{head: head}
		for _, ref := range refs {
			list, err := r.analyses(ctx, ref)
			if err != nil {
				return err
			}
			for _, a := range list {
				tool := a.GetTool().GetName()
				key := tool + "\x00" + a.GetCategory()
				if !slices.Contains(r.Want.Tools, tool) || seen[key] {
					continue
				}
				about, err := r.headOf(ctx, heads, a.GetCommitSHA(), head)
				if err != nil {
					return err
				}
				if about != head {
					continue // of an older head
				}
				seen[key] = true
				one, err := r.results(ctx, a.GetID(), head)
				if err != nil {
					return err
				}
				if all = append(all, one...); len(all) > maxAnalyses {
					return errTooMany
				}
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

// analyses lists those of a ref, the newest first. GitHub says 404 when there are none at
// all, and when code scanning is off: nobody looked, which is no result either way.
func (r *Reader) analyses(ctx context.Context, ref string) ([]*github.ScanningAnalysis, error) {
	var all []*github.ScanningAnalysis
	err := pages(func(o github.ListOptions) (*github.Response, error) {
		list, resp, err := r.Client.CodeScanning.ListAnalysesForRepo(ctx, r.Repo.Owner, r.Repo.Name, &github.AnalysesListOptions{Ref: github.String(ref), ListOptions: o})
		all = append(all, list...)
		return resp, err
	})
	return all, err
}

// headOf is the head that a commit is about: itself, or what GitHub's try of a merge
// brings in.
func (r *Reader) headOf(ctx context.Context, heads map[string]string, commit, head string) (string, error) {
	if about, known := heads[commit]; known {
		return about, nil
	}
	c, _, err := r.Client.Repositories.GetCommit(ctx, r.Repo.Owner, r.Repo.Name, commit, &github.ListOptions{PerPage: 1})
	if err != nil {
		return "", err
	}
	heads[commit] = commit
	if len(c.Parents) == 2 && c.Parents[1].GetSHA() == head {
		heads[commit] = head
	}
	return heads[commit], nil
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
	type rule struct {
		ID      string `json:"id"`
		Default struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
	}
	var doc struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Name  string `json:"name"`
					Rules []rule `json:"rules"`
				} `json:"driver"`
			} `json:"tool"`
			Results []struct {
				RuleID    string `json:"ruleId"`
				RuleIndex *int   `json:"ruleIndex"`
				Kind      string `json:"kind"`
				Level     string `json:"level"`
			} `json:"results"`
		} `json:"runs"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, errTooMany // it is there, and says nothing that can be read
	}
	sum := sha256.Sum256(text)
	var all []change.SARIF
	for _, run := range doc.Runs {
		s := change.SARIF{Tool: change.Printable(run.Tool.Driver.Name), Head: head, Digest: "sha256:" + hex.EncodeToString(sum[:]), Results: len(run.Results), Counts: []change.SARIFCount{}}
		counts := map[change.SARIFCount]int{}
		for _, res := range run.Results {
			rules := run.Tool.Driver.Rules
			i := slices.IndexFunc(rules, func(u rule) bool { return u.ID == res.RuleID })
			if res.RuleIndex != nil && *res.RuleIndex >= 0 && *res.RuleIndex < len(rules) {
				i = *res.RuleIndex
			}
			id, level := res.RuleID, res.Level
			if i >= 0 {
				id, level = cmp.Or(id, rules[i].ID), cmp.Or(level, rules[i].Default.Level)
			}
			if res.Level == "" && res.Kind != "" && res.Kind != "fail" {
				level = "none"
			}
			counts[change.SARIFCount{Rule: change.Printable(id), Level: cmp.Or(level, "warning")}]++
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
