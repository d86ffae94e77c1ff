package githubtest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// has says whether the repository has an object of a kind.
func (r *Repo) has(id, kind string) bool {
	if _, known := r.parsed[id]; known {
		return kind == "commit"
	}
	got, err := r.store.Try("cat-file", "-t", "--", id)
	return err == nil && got == kind && len(id) >= 40
}

// write makes an object.
func (r *Repo) write(kind, content string) (string, error) {
	out, err := r.store.TryPipe([]byte(content), "hash-object", "-w", "--stdin", "-t", kind)
	return strings.TrimSpace(string(out)), err
}

// resolve is the commit of a branch, tag or id, "" if there is none.
func (r *Repo) resolve(ref string) string {
	if _, known := r.parsed[ref]; known {
		return ref
	}
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/", ""} {
		if prefix == "" && strings.Trim(ref, "0123456789abcdef") != "" {
			break // no revision syntax
		}
		if id, err := r.store.Try("rev-parse", "--verify", "--quiet", "--end-of-options", prefix+ref+"^{commit}"); err == nil {
			return id
		}
	}
	return ""
}

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

func (c *call) refObject(name, id string) object {
	kind, err := c.repo.store.Try("cat-file", "-t", id)
	if err != nil {
		kind = "commit"
	}
	url := c.gh.API + "/repos/" + c.repo.FullName() + "/git/"
	return object{"ref": name, "node_id": "REF_" + name, "url": url + name, "object": object{"sha": id, "type": kind, "url": url + kind + "s/" + id}}
}

// at is what a full ref points at, "" if it is not there.
func (r *Repo) at(ref string) string {
	id, err := r.store.Try("rev-parse", "--verify", "--quiet", "--end-of-options", ref)
	if err != nil {
		return ""
	}
	return id
}

func getRef(c *call) *answer {
	name := "refs/" + c.params["ref"]
	if id := c.repo.at(name); id != "" {
		return ok(c.refObject(name, id))
	}
	return notFound()
}

func listMatchingRefs(c *call) *answer {
	list := []any{}
	refs := c.repo.Refs()
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		if strings.HasPrefix(name, "refs/"+c.params["ref"]) {
			list = append(list, c.refObject(name, refs[name]))
		}
	}
	return ok(list)
}

// changeRef moves a ref for the App. Git itself says what a good name is.
func (c *call) changeRef(name, id string, args ...string) *answer {
	if _, err := c.repo.store.Try("check-ref-format", name); err != nil || strings.Count(name, "/") < 2 {
		return refused(422, "Reference name is not valid: "+name)
	}
	if strings.HasPrefix(name, "refs/pull/") {
		return refused(422, "Reference update failed: deny updating a hidden ref")
	}
	if id != "" {
		if _, err := c.repo.store.Try("cat-file", "-e", id); err != nil {
			return refused(422, "Object does not exist")
		}
		if strings.HasPrefix(name, "refs/heads/") && !c.repo.has(id, "commit") {
			return refused(422, "Reference update failed: cannot update ref '"+name+"': trying to write non-commit object to branch")
		}
	}
	before := c.repo.Refs()
	if _, err := c.repo.store.Try(append([]string{"update-ref"}, args...)...); err != nil {
		return refused(422, "Reference update failed")
	}
	c.repo.pushed(c.gh.bot(c.token.app), before)
	return nil
}

func createRef(c *call) *answer {
	name, id := c.text("ref"), c.text("sha")
	if !strings.HasPrefix(name, "refs/") {
		return refused(422, "Reference name must begin with 'refs'.")
	}
	if c.repo.at(name) != "" {
		return refused(422, "Reference already exists")
	}
	if a := c.changeRef(name, id, name, id); a != nil {
		return a
	}
	return created(c.refObject(name, id))
}

func updateRef(c *call) *answer {
	name, id := "refs/"+c.params["ref"], c.text("sha")
	old := c.repo.at(name)
	if old == "" {
		return refused(422, "Reference does not exist")
	}
	if force, _ := c.body["force"].(bool); !force {
		if _, err := c.repo.store.Try("merge-base", "--is-ancestor", old, id); err != nil {
			return refused(422, "Update is not a fast forward")
		}
	}
	if a := c.changeRef(name, id, name, id); a != nil {
		return a
	}
	return ok(c.refObject(name, id))
}

func deleteRef(c *call) *answer {
	name := "refs/" + c.params["ref"]
	if c.repo.at(name) == "" {
		return refused(422, "Reference does not exist")
	}
	if a := c.changeRef(name, "", "-d", name); a != nil {
		return a
	}
	return empty()
}

func (c *call) objectURL(kind, id string) string {
	return fmt.Sprintf("%s/repos/%s/git/%s/%s", c.gh.API, c.repo.FullName(), kind, id)
}

const maxBlob = 100 << 20

func createBlob(c *call) *answer {
	content := c.text("content")
	if c.text("encoding") == "base64" {
		raw, err := base64.StdEncoding.DecodeString(content)
		if err != nil {
			return refused(422, "content is not valid Base64")
		}
		content = string(raw)
	}
	if len(content) > maxBlob {
		return refused(422, "Sorry, your input was too large to process.")
	}
	id, err := c.repo.write("blob", content)
	if err != nil {
		return refused(422, "Validation Failed")
	}
	return created(object{"sha": id, "url": c.objectURL("blobs", id)})
}

func getBlob(c *call) *answer {
	id := c.params["file_sha"]
	if !c.repo.has(id, "blob") {
		return notFound()
	}
	raw, err := c.repo.store.TryPipe(nil, "cat-file", "blob", id)
	if err != nil {
		return notFound()
	}
	if strings.Contains(c.header.Get("Accept"), "raw") {
		return (&answer{status: 200, raw: raw}).with("Content-Type", "application/octet-stream")
	}
	return ok(object{
		"sha": id, "node_id": "B_" + id, "size": len(raw), "url": c.objectURL("blobs", id), "encoding": "base64",
		"content": base64.StdEncoding.EncodeToString(raw),
	})
}

// createTree makes a tree from entries, over another one if asked to.
func createTree(c *call) *answer {
	var entries []struct {
		Path, Mode, Type string
		SHA, Content     *string
	}
	if err := again(c.body["tree"], &entries); err != nil {
		return refused(422, "Validation Failed")
	}
	index := fmt.Sprintf("%s/index-%d", c.gh.dir, c.gh.nextID())
	git := func(stdin string, args ...string) (string, error) {
		out, err := c.repo.store.TryEnv([]string{"GIT_INDEX_FILE=" + index}, []byte(stdin), args...)
		return strings.TrimSpace(string(out)), err
	}
	if base := c.text("base_tree"); base != "" {
		if _, err := git("", "read-tree", base); err != nil {
			return refused(422, "base_tree is not a valid tree oid")
		}
	}
	var lines strings.Builder
	for _, e := range entries {
		var id string
		switch {
		case e.SHA != nil:
			id = *e.SHA
		case e.Content != nil:
			id, _ = c.repo.write("blob", *e.Content)
		default: // "sha": null takes it away
			fmt.Fprintf(&lines, "0 %040d\t%s\x00", 0, e.Path)
			continue
		}
		if e.Mode == "040000" {
			if _, err := git("", "read-tree", "--prefix="+e.Path+"/", id); err != nil {
				return refused(422, "tree.sha "+id+" is not a valid tree")
			}
			continue
		}
		if e.Mode != "160000" && !c.repo.has(id, "blob") {
			return refused(422, "tree.sha "+id+" is not a valid blob")
		}
		fmt.Fprintf(&lines, "%s %s\t%s\x00", e.Mode, id, e.Path)
	}
	if _, err := git(lines.String(), "update-index", "-z", "--index-info"); err != nil {
		return refused(422, "tree.path contains a malformed path component")
	}
	id, err := git("", "write-tree")
	if err != nil {
		return refused(422, "Validation Failed")
	}
	return created(c.treeObject(id, false))
}

func (c *call) treeObject(id string, recursive bool) object {
	args := []string{"ls-tree", "-z", "--long"}
	if recursive {
		args = append(args, "-r", "-t")
	}
	out, err := c.repo.store.Try(append(args, id)...)
	if err != nil {
		return nil
	}
	entries := []any{}
	for _, line := range strings.Split(strings.TrimSuffix(out, "\x00"), "\x00") {
		meta, path, found := strings.Cut(line, "\t")
		if f := strings.Fields(meta); found {
			e := object{"path": path, "mode": f[0], "type": f[1], "sha": f[2], "url": c.objectURL(f[1]+"s", f[2])}
			if f[3] != "-" {
				e["size"] = number(f[3])
			}
			entries = append(entries, e)
		}
	}
	return object{"sha": id, "url": c.objectURL("trees", id), "tree": entries, "truncated": false}
}

func getTree(c *call) *answer {
	id, err := c.repo.store.Try("rev-parse", "--verify", "--quiet", "--end-of-options", c.params["tree_sha"]+"^{tree}")
	if err != nil {
		return notFound()
	}
	return ok(c.treeObject(id, c.query.Get("recursive") != ""))
}

func createCommit(c *call) *answer {
	tree := c.text("tree")
	if !c.repo.has(tree, "tree") {
		return refused(422, "Tree SHA does not exist")
	}
	var parents []string
	if err := again(c.body["parents"], &parents); err != nil {
		return refused(422, "Validation Failed")
	}
	for _, p := range parents {
		if !c.repo.has(p, "commit") {
			return refused(422, "Parent SHA does not exist or is not a commit object")
		}
	}
	name, email := c.token.app.Slug+"[bot]", c.token.app.Slug+"[bot]@users.noreply.github.com"
	if author, sent := c.body["author"].(map[string]any); sent {
		name, _ = author["name"].(string)
		email, _ = author["email"].(string)
	}
	id, err := c.repo.commitTree(tree, c.text("message"), name+" <"+email+">", parents...)
	if err != nil {
		return refused(422, "Validation Failed")
	}
	return created(c.repo.gitCommit(id))
}

func getGitCommit(c *call) *answer {
	if !c.repo.has(c.params["commit_sha"], "commit") {
		return notFound()
	}
	return ok(c.repo.gitCommit(c.params["commit_sha"]))
}

// getContents shows a file, or the entries of a folder.
func getContents(c *call) *answer {
	ref := c.query.Get("ref")
	if ref == "" {
		ref = c.repo.DefaultBranch
	}
	commit := c.repo.resolve(ref)
	if commit == "" {
		return refused(404, "No commit found for the ref "+ref)
	}
	path := strings.Trim(c.params["path"], "/")
	id, err := c.repo.store.Try("rev-parse", "--verify", "--quiet", "--end-of-options", commit+":"+path)
	if err != nil {
		return notFound()
	}
	if c.repo.has(id, "tree") {
		list := []any{}
		for _, e := range c.treeObject(id, false)["tree"].([]any) {
			o := e.(object)
			kind := map[any]string{"blob": "file", "tree": "dir", "commit": "submodule"}[o["type"]]
			list = append(list, c.content(strings.TrimPrefix(path+"/"+o["path"].(string), "/"), o["sha"].(string), kind, o["size"]))
		}
		return ok(list)
	}
	raw, err := c.repo.store.TryPipe(nil, "cat-file", "blob", id)
	if err != nil {
		return notFound()
	}
	if strings.Contains(c.header.Get("Accept"), "raw") {
		return (&answer{status: 200, raw: raw}).with("Content-Type", "application/vnd.github.raw; charset=utf-8")
	}
	out := c.content(path, id, "file", len(raw))
	out["encoding"], out["content"] = "base64", base64.StdEncoding.EncodeToString(raw)
	if len(raw) > 1<<20 {
		out["encoding"], out["content"] = "none", ""
	}
	return ok(out)
}

func (c *call) content(path, id, kind string, size any) object {
	url := c.gh.API + "/repos/" + c.repo.FullName() + "/contents/" + path
	name := path[strings.LastIndex(path, "/")+1:]
	if size == nil {
		size = 0
	}
	return object{
		"type": kind, "name": name, "path": path, "sha": id, "size": size, "url": url, "html_url": nil, "git_url": c.objectURL("blobs", id), "download_url": nil,
		"_links": object{"self": url, "git": nil, "html": nil},
	}
}

func listBranches(c *call) *answer {
	list := []any{}
	refs := c.repo.Refs()
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		if branch, found := strings.CutPrefix(name, "refs/heads/"); found {
			list = append(list, object{"name": branch, "protected": c.repo.protected(branch), "commit": object{"sha": refs[name], "url": c.gh.API + "/repos/" + c.repo.FullName() + "/commits/" + refs[name]}})
		}
	}
	return c.list(list)
}

func getBranch(c *call) *answer {
	branch := c.params["branch"]
	id := c.repo.tip(branch)
	if id == "" {
		return refused(404, "Branch not found")
	}
	url := c.gh.API + "/repos/" + c.repo.FullName() + "/branches/" + branch
	return ok(object{
		"name": branch, "commit": c.repo.commit(id), "protected": c.repo.protected(branch), "protection_url": url + "/protection",
		"protection": object{}, "_links": object{"html": c.gh.URL + "/" + c.repo.FullName() + "/tree/" + branch, "self": url},
	})
}
