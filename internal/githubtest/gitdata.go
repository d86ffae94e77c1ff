package githubtest

import (
	"encoding/base64"
	"fmt"
	"strings"
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
