package githubtest

import (
	"maps"
	"slices"
	"strings"
)

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
