package githubtest

import (
	"strconv"
	"strings"
	"time"
)

// A parsed is a commit object taken apart.
type parsed struct {
	tree, author, authorEmail, authorDate, committer, committerEmail, committerDate, message, signature string
	parents                                                                                             []string
}

func (r *Repo) parse(id string) (parsed, error) {
	if p, known := r.parsed[id]; known {
		return p, nil
	}
	raw, err := r.store.TryPipe(nil, "cat-file", "commit", id)
	if err != nil {
		return parsed{}, err
	}
	var p parsed
	head, message, _ := strings.Cut(string(raw), "\n\n")
	p.message = strings.TrimSuffix(message, "\n")
	field := ""
	for line := range strings.Lines(head) {
		line = strings.TrimSuffix(line, "\n")
		if more, isMore := strings.CutPrefix(line, " "); isMore {
			if field == "gpgsig" {
				p.signature += "\n" + more
			}
			continue
		}
		var value string
		field, value, _ = strings.Cut(line, " ")
		switch field {
		case "tree":
			p.tree = value
		case "parent":
			p.parents = append(p.parents, value)
		case "author":
			p.author, p.authorEmail, p.authorDate = person(value)
		case "committer":
			p.committer, p.committerEmail, p.committerDate = person(value)
		case "gpgsig":
			p.signature = value
		}
	}
	r.parsed[id] = p
	return p, nil
}

// person takes "Name <address> seconds zone" apart.
func person(line string) (name, email, date string) {
	name, rest, _ := strings.Cut(line, " <")
	email, when, _ := strings.Cut(rest, "> ")
	seconds, _, _ := strings.Cut(when, " ")
	n, _ := strconv.ParseInt(seconds, 10, 64)
	return name, email, time.Unix(n, 0).UTC().Format(time.RFC3339)
}

// Verify makes GitHub's word on a commit's signature: "valid" is verified, every
// other reason, "unknown_key" for one, is not.
func (r *Repo) Verify(sha, reason string) {
	defer r.gh.lock()()
	r.verified[sha] = object{"verified": reason == "valid", "reason": reason}
}

func (r *Repo) verification(id string, p parsed) object {
	out := object{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
	if p.signature != "" {
		out["reason"], out["signature"] = "unknown_key", p.signature
	}
	for k, v := range r.verified[id] {
		out[k] = v
	}
	if out["verified"] == true {
		out["verified_at"] = r.gh.stamp()
	}
	return out
}

// commit is a commit as the API of repositories shows it.
func (r *Repo) commit(id string) object {
	gh := r.gh
	p, err := r.parse(id)
	if err != nil {
		return nil
	}
	url := gh.API + "/repos/" + r.FullName() + "/commits/" + id
	parents := []any{}
	for _, parent := range p.parents {
		parents = append(parents, object{"sha": parent, "url": gh.API + "/repos/" + r.FullName() + "/commits/" + parent, "html_url": gh.URL + "/" + r.FullName() + "/commit/" + parent})
	}
	author, committer := account(gh, gh.byEmail(p.authorEmail)), account(gh, gh.byEmail(p.committerEmail))
	out := object{
		"sha": id, "node_id": "C_" + id, "url": url, "html_url": gh.URL + "/" + r.FullName() + "/commit/" + id, "comments_url": url + "/comments",
		"author": nil, "committer": nil, "parents": parents,
		"commit": object{
			"url": gh.API + "/repos/" + r.FullName() + "/git/commits/" + id, "message": p.message, "comment_count": 0,
			"author":       object{"name": p.author, "email": p.authorEmail, "date": p.authorDate},
			"committer":    object{"name": p.committer, "email": p.committerEmail, "date": p.committerDate},
			"tree":         object{"sha": p.tree, "url": gh.API + "/repos/" + r.FullName() + "/git/trees/" + p.tree},
			"verification": r.verification(id, p),
		},
	}
	if author != nil {
		out["author"] = author
	}
	if committer != nil {
		out["committer"] = committer
	}
	return out
}

// gitCommit is a commit as the API of git objects shows it.
func (r *Repo) gitCommit(id string) object {
	c := r.commit(id)
	if c == nil {
		return nil
	}
	out := object{"sha": id, "node_id": c["node_id"], "html_url": c["html_url"], "parents": c["parents"]}
	for k, v := range c["commit"].(object) {
		out[k] = v
	}
	return out
}

func (r *Repo) simpleCommit(id string) any {
	p, err := r.parse(id)
	if err != nil {
		return nil
	}
	return object{
		"id": id, "tree_id": p.tree, "message": p.message, "timestamp": p.committerDate,
		"author": object{"name": p.author, "email": p.authorEmail}, "committer": object{"name": p.committer, "email": p.committerEmail},
	}
}

func getCommit(c *call) *answer {
	id := c.repo.resolve(c.params["ref"])
	if id == "" {
		return refused(422, "No commit found for SHA: "+c.params["ref"])
	}
	return ok(c.repo.commit(id))
}

func listCommits(c *call) *answer {
	start := c.query.Get("sha")
	if start == "" {
		start = c.repo.DefaultBranch
	}
	id := c.repo.resolve(start)
	if id == "" {
		return notFound()
	}
	args := []string{"rev-list", "--max-count=1000", id}
	if p := c.query.Get("path"); p != "" {
		args = append(args, "--", p)
	}
	out, err := c.repo.store.Try(args...)
	if err != nil {
		return refused(500, "Server Error")
	}
	list := []any{}
	for id := range strings.FieldsSeq(out) {
		list = append(list, c.repo.commit(id))
	}
	return c.list(list)
}

// compareCommits tells how two commits stand to each other; of the files it says
// nothing, since who wants to know reads git.
func compareCommits(c *call) *answer {
	base, head, found := strings.Cut(c.params["basehead"], "...")
	from, to := c.repo.resolve(base), c.repo.resolve(head)
	if !found || from == "" || to == "" {
		return notFound()
	}
	merge, err := c.repo.store.Try("merge-base", from, to)
	if err != nil {
		return refused(404, "No common ancestor between "+base+" and "+head+".")
	}
	behind, _ := c.repo.store.Try("rev-list", "--count", to+".."+from)
	ahead, _ := c.repo.store.Try("rev-list", "--reverse", from+".."+to)
	commits := []any{}
	for id := range strings.FieldsSeq(ahead) {
		commits = append(commits, c.repo.commit(id))
	}
	status := "diverged"
	switch {
	case from == to:
		status = "identical"
	case merge == from:
		status = "ahead"
	case merge == to:
		status = "behind"
	}
	page, links := c.page(commits)
	web := c.gh.URL + "/" + c.repo.FullName() + "/compare/" + c.params["basehead"]
	a := ok(object{
		"url": c.gh.API + c.path, "html_url": web, "permalink_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch",
		"base_commit": c.repo.commit(from), "merge_base_commit": c.repo.commit(merge), "status": status, "ahead_by": len(commits),
		"behind_by": number(behind), "total_commits": len(commits), "commits": page,
	})
	if links != "" {
		a.with("Link", links)
	}
	return a
}
