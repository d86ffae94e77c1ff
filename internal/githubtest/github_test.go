package githubtest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestEveryOperation calls each operation, as a correct client does: the server itself
// holds the answers against the description. None may be left out.
func TestEveryOperation(t *testing.T) {
	for name, options := range map[string][]Option{"github.com": nil, "GHES": {GHES()}} {
		t.Run(name, func(t *testing.T) { everyOperation(t, newWorld(t, options...)) })
	}
}

func everyOperation(t *testing.T, w *world) {
	const repo = "/repos/acme/shop"
	head := w.pull.HeadSHA
	w.gh.Team("acme/security", "bob")
	w.gh.Manifest("code", &App{Slug: "custody-2", Name: "Custody 2", WebhookSecret: "x", Permissions: map[string]string{"checks": "write"}})
	ruleset := w.repo.AddRuleset(Ruleset{Name: "main", Branches: []string{"~DEFAULT_BRANCH"}, Checks: []RequiredCheck{{"custody", w.gh.App.ID}}, Approvals: 1, MergeQueue: true, NoForcePush: true})
	w.repo.Protect("main", 2, RequiredCheck{"custody", w.gh.App.ID})
	review := w.pull.Review("bob", "APPROVED", "")
	w.pull.Request("eve")
	w.pull.Label("ada", "shop")
	said := w.pull.Comment("bob", "/custody recheck")
	w.repo.Status("eve", head, "ci/build", "success")
	w.repo.CheckRunBy("github-actions", "build", head, "success")
	w.repo.Verify(head, "valid")
	analysis := w.repo.Analyse("refs/pull/1/head", head, "semgrep", []byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"semgrep"}},"results":[{"message":{"text":"no"}}]}]}`))
	artifact := w.repo.Artifact("sarif", head, map[string][]byte{"a.sarif": []byte("{}")})
	w.repo.Deploy("ada", "main", head, "production", "success")
	v := newReceiver(t, w.gh)
	w.pull.Label("ada", "heard")
	want(t, v.events(w.gh), "pull_request labeled")

	app, c, nobody := asApp(t, w.gh), asInstallation(t, w.gh, w.inst), &client{t: t, gh: w.gh}
	get := func(path string) reply { t.Helper(); return c.want(200, "GET", path, nil) }
	// value is what stands at a path of keys.
	value := func(r reply, keys ...string) any {
		t.Helper()
		var v any = r.body
		if r.body == nil {
			v = r.list[0]
		}
		for _, k := range keys {
			o, isObject := v.(map[string]any)
			if !isObject {
				t.Fatalf("nothing at %v in %s", keys, r.text)
			}
			v = o[k]
		}
		return v
	}
	is := func(r reply, wanted any, keys ...string) {
		t.Helper()
		if got := value(r, keys...); fmt.Sprint(got) != fmt.Sprint(wanted) {
			t.Errorf("%v is %v, want %v", keys, got, wanted)
		}
	}

	is(app.want(200, "GET", "/app", nil), "custody", "slug")
	is(app.want(200, "GET", "/app/installations", nil), w.inst.ID, "id")
	is(app.want(200, "GET", fmt.Sprintf("/app/installations/%d", w.inst.ID), nil), "all", "repository_selection")
	is(app.want(200, "GET", repo+"/installation", nil), w.inst.ID, "id")
	is(app.want(200, "GET", "/app/hook/config", nil), v.URL+"/webhook", "url")
	sent := app.want(200, "GET", "/app/hook/deliveries", nil)
	is(sent, "pull_request", "event")
	is(app.want(200, "GET", fmt.Sprintf("/app/hook/deliveries/%.0f", value(sent, "id")), nil), "heard", "request", "payload", "label", "name")
	app.want(202, "POST", fmt.Sprintf("/app/hook/deliveries/%.0f/attempts", value(sent, "id")), nil)
	want(t, v.events(w.gh), "pull_request labeled")
	is(nobody.want(201, "POST", "/app-manifests/code/conversions", nil), "custody-2", "slug")
	is(nobody.want(200, "GET", "/users/ada", nil), "User", "type")
	nobody.want(200, "GET", "/meta", nil)
	is(get("/installation/repositories"), 1, "total_count")
	if w.gh.ghes {
		c.want(404, "GET", "/rate_limit", nil)
	} else {
		is(get("/rate_limit"), 5000, "resources", "core", "limit")
	}

	is(get(repo), "acme/shop", "full_name")
	c.want(204, "GET", repo+"/collaborators/ada", nil)
	is(get(repo+"/collaborators/bob/permission"), "maintain", "role_name")
	is(get(repo+"/collaborators/bob/permission"), "write", "permission")
	is(get(repo+"/collaborators/eve/permission"), "none", "permission")
	c.want(204, "GET", "/orgs/acme/members/bob", nil)
	is(get("/orgs/acme/teams"), "security", "slug")
	is(get("/orgs/acme/teams/security"), 1, "members_count")
	is(get("/orgs/acme/teams/security/members"), "bob", "login")
	is(get("/orgs/acme/teams/security/memberships/bob"), "active", "state")
	c.want(404, "GET", "/orgs/acme/teams/security/memberships/ada", nil)

	get(repo + "/activity?ref=refs/heads/feature")
	is(get(repo+"/branches"), "feature", "name")
	is(get(repo+"/branches/main"), true, "protected")
	is(get(repo+"/branches/main/protection"), 2, "required_pull_request_reviews", "required_approving_review_count")
	is(get(repo+"/rules/branches/main"), "required_status_checks", "type")
	is(get(repo+"/rulesets"), "active", "enforcement")
	is(get(fmt.Sprintf("%s/rulesets/%d", repo, ruleset.ID)), "main", "name")

	is(get(repo+"/pulls?state=all&head=acme:feature"), 1, "number")
	pull := get(repo + "/pulls/1")
	is(pull, head, "head", "sha")
	is(pull, 3, "additions")
	is(pull, true, "mergeable")
	is(pull, w.gh.URL+"/acme/shop.git", "base", "repo", "clone_url")
	is(get(repo+"/pulls/1/commits"), head, "sha")
	is(get(repo+"/pulls/1/reviews"), "APPROVED", "state")
	is(get(fmt.Sprintf("%s/pulls/1/reviews/%d", repo, review.ID)), head, "commit_id")
	get(repo + "/pulls/1/requested_reviewers")
	is(get(repo+"/commits/"+head+"/pulls"), 1, "number")
	is(get(repo+"/issues/1"), "Add prices", "title")
	is(get(repo+"/issues/1/comments"), said.ID, "id")
	is(c.want(201, "POST", repo+"/issues/1/comments", object{"body": "Hello"}), "custody[bot]", "user", "login")
	mine := w.pull.Comments()[1].ID
	is(get(fmt.Sprintf("%s/issues/comments/%d", repo, mine)), "Hello", "body")
	is(c.want(200, "PATCH", fmt.Sprintf("%s/issues/comments/%d", repo, mine), object{"body": "Hi"}), "Hi", "body")
	c.want(204, "DELETE", fmt.Sprintf("%s/issues/comments/%d", repo, mine), nil)
	c.want(201, "POST", fmt.Sprintf("%s/issues/comments/%d/reactions", repo, said.ID), object{"content": "eyes"})
	is(get(repo+"/issues/1/labels"), "shop", "name")
	c.want(200, "POST", repo+"/issues/1/labels", object{"labels": []string{"more"}})
	c.want(200, "DELETE", repo+"/issues/1/labels/more", nil)
	is(get(repo+"/issues/1/events"), "labeled", "event")
	if got := w.pull.Labels(); !slices.Equal(got, []string{"shop", "heard"}) {
		t.Errorf("labels %v", got)
	}

	is(get(repo+"/commits?sha=feature"), head, "sha")
	commit := get(repo + "/commits/" + head)
	is(commit, "ada", "author", "login")
	is(commit, true, "commit", "verification", "verified")
	is(get(repo+"/compare/main...feature"), "ahead", "status")
	run := c.want(201, "POST", repo+"/check-runs", object{"name": "custody", "head_sha": head, "status": "in_progress"})
	id := fmt.Sprintf("%s/check-runs/%.0f", repo, value(run, "id"))
	is(get(id), "in_progress", "status")
	is(c.want(200, "PATCH", id, object{
		"conclusion": "failure",
		"output":     object{"title": "No", "summary": "Because", "annotations": []any{object{"path": "shop/price.go", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "here"}}},
		"actions":    []any{object{"label": "Explain", "description": "Say why", "identifier": "explain"}},
	}), "completed", "status")
	is(get(id+"/annotations"), "here", "message")
	is(get(repo+"/commits/"+head+"/check-runs?check_name=custody"), 1, "total_count")
	suites := get(repo + "/commits/" + head + "/check-suites")
	is(suites, 2, "total_count")
	suite := fmt.Sprintf("%s/check-suites/%.0f", repo, value(run, "check_suite", "id"))
	is(get(suite), "failure", "conclusion")
	is(get(suite+"/check-runs"), 1, "total_count")
	is(get(repo+"/commits/"+head+"/statuses"), "ci/build", "context")
	is(get(repo+"/commits/feature/status"), "success", "state")
	w.inst.Permissions["statuses"] = "write"
	statuses := asInstallation(t, w.gh, w.inst)
	is(statuses.want(201, "POST", repo+"/statuses/"+head, object{"state": "pending", "context": "custody"}), "pending", "state")
	deployed := get(repo + "/deployments?environment=production")
	is(deployed, head, "sha")
	is(get(fmt.Sprintf("%s/deployments/%.0f/statuses", repo, value(deployed, "id"))), "success", "state")

	file := get(repo + "/contents/shop/price.go?ref=feature")
	is(file, "shop/price.go", "path")
	is(get(repo+"/contents/shop"), "cart.go", "name")
	is(get(repo+"/git/ref/heads/feature"), head, "object", "sha")
	blob := c.want(201, "POST", repo+"/git/blobs", object{"content": base64.StdEncoding.EncodeToString([]byte("a pack")), "encoding": "base64"})
	is(get(repo+"/git/blobs/"+value(blob, "sha").(string)), base64.StdEncoding.EncodeToString([]byte("a pack")), "content")
	tree := c.want(201, "POST", repo+"/git/trees", object{"tree": []any{object{"path": "pack.zip", "mode": "100644", "type": "blob", "sha": value(blob, "sha")}}})
	is(get(repo+"/git/trees/"+value(tree, "sha").(string)), value(tree, "sha"), "sha")
	made := c.want(201, "POST", repo+"/git/commits", object{"message": "Pack", "tree": value(tree, "sha"), "parents": []string{}})
	is(get(repo+"/git/commits/"+value(made, "sha").(string)), "Pack", "message")
	ref := "refs/custody/packs/" + head
	c.want(201, "POST", repo+"/git/refs", object{"ref": ref, "sha": value(made, "sha")})
	is(get(repo+"/git/matching-refs/custody/packs/"), ref, "ref")
	c.want(200, "PATCH", repo+"/git/"+ref, object{"sha": head, "force": true})
	c.want(204, "DELETE", repo+"/git/"+ref, nil)

	is(get(repo+"/code-scanning/analyses?ref=refs/pull/1/head"), 1, "results_count")
	raw := c.want(200, "GET", fmt.Sprintf("%s/code-scanning/analyses/%d", repo, analysis.ID), nil, "Accept", "application/sarif+json")
	if !strings.Contains(raw.text, `"version":"2.1.0"`) {
		t.Errorf("no SARIF: %s", raw.text)
	}
	is(get(repo+"/actions/artifacts?name=sarif"), 1, "total_count")
	moved := c.want(302, "GET", fmt.Sprintf("%s/actions/artifacts/%d/zip", repo, artifact.ID), nil)
	if got := nobody.want(200, "GET", moved.header.Get("Location"), nil); !strings.HasPrefix(got.text, "PK") {
		t.Errorf("no zip: %q", got.text)
	}
	c.want(403, "GET", moved.header.Get("Location"), nil)
	if said := w.tb.said(); len(said) != 1 || !strings.Contains(said[0], "a token went to another host") {
		t.Errorf("reported %q", said)
	}
	statement := base64.StdEncoding.EncodeToString([]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"x","digest":{"sha256":"` + strings.Repeat("ab", 32) + `"}}]}`))
	c.want(201, "POST", repo+"/attestations", object{"bundle": object{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": object{},
		"dsseEnvelope": object{"payload": statement, "payloadType": "application/vnd.in-toto+json", "signatures": []any{object{"sig": "AA=="}}},
	}})
	if r := get(repo + "/attestations/sha256:" + strings.Repeat("ab", 32)); !strings.Contains(r.text, "dsseEnvelope") {
		t.Errorf("no attestation: %s", r.text)
	}

	called := map[string]bool{}
	for _, call := range w.gh.Calls() {
		called[call.Operation] = called[call.Operation] || call.Status < 400
	}
	for _, o := range operations {
		if !called[o.name] && !(w.gh.ghes && o.name == "GET /rate_limit") {
			t.Errorf("%s is never called", o.name)
		}
	}
}
