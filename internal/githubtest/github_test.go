package githubtest

import (
	"fmt"
	"testing"
)

// TestEveryOperation calls each operation once, as a correct client does: the answers
// are held against the description by the server itself.
func TestEveryOperation(t *testing.T) {
	w := newWorld(t)
	app, c := asApp(t, w.gh), asInstallation(t, w.gh, w.inst)
	repo := "/repos/acme/shop"
	head := w.pull.HeadSHA

	app.want(200, "GET", "/app", nil)
	app.want(200, "GET", "/app/installations", nil)
	app.want(200, "GET", fmt.Sprintf("/app/installations/%d", w.inst.ID), nil)
	app.want(200, "GET", repo+"/installation", nil)
	c.want(200, "GET", "/installation/repositories", nil)
	c.want(200, "GET", "/rate_limit", nil)
	c.want(200, "GET", "/meta", nil)
	c.want(200, "GET", repo, nil)
	c.want(200, "GET", repo+"/pulls", nil)
	c.want(200, "GET", repo+"/pulls/1", nil)
	c.want(200, "GET", repo+"/pulls/1/commits", nil)
	c.want(200, "GET", repo+"/commits/"+head, nil)
	c.want(200, "GET", repo+"/commits/"+head+"/pulls", nil)
	c.want(201, "POST", repo+"/check-runs", object{"name": "custody", "head_sha": head})
}
