package githubtest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRefuses sends requests that GitHub refuses. What no correct client sends fails
// the test, by a report that holds says; what one must live with is an answer alone.
func TestRefuses(t *testing.T) {
	const repo = "/repos/acme/shop"
	w := newWorld(t)
	other := w.repo.CheckRunBy("github-actions", "build", w.pull.HeadSHA, "success")
	secret := w.gh.Repo("other/secret", w.src)
	w.gh.Repo("other/open", w.src).Public()
	c := asInstallation(t, w.gh, w.inst)
	reads := asInstallation(t, w.gh, w.inst, "checks:read", "contents:read")
	app, nobody := asApp(t, w.gh), &client{t: t, gh: w.gh}
	head := w.pull.HeadSHA

	run := func(more object) object {
		out := object{"name": "custody", "head_sha": head}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	output := func(more object) object {
		out := object{"title": "t", "summary": "s"}
		for k, v := range more {
			out[k] = v
		}
		return run(object{"output": out})
	}
	note := func(more object) object {
		out := object{"path": "a.go", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "m"}
		for k, v := range more {
			out[k] = v
		}
		return output(object{"annotations": []any{out}})
	}
	many := func(n int, v any) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = v
		}
		return list
	}
	button := func(label, description, identifier int) object {
		return object{"label": strings.Repeat("l", label), "description": strings.Repeat("d", description), "identifier": strings.Repeat("i", identifier)}
	}
	pressed := func(buttons ...any) object {
		return run(object{"conclusion": "failure", "actions": buttons})
	}

	for _, test := range []struct {
		name         string
		who          *client
		method, path string
		body         any
		status       int
		says         string // in the report, "" none
	}{
		{"unknown operation", c, "GET", repo + "/secrets", nil, 404, "nobody expects GET"},
		{"unknown parameter", c, "GET", repo + "/pulls?sort_by=x", nil, 422, "there is no parameter sort_by"},
		{"parameter of another kind", c, "GET", repo + "/pulls?per_page=many", nil, 422, "per_page"},
		{"value that is none", c, "GET", repo + "/pulls?state=merged", nil, 422, "not one of the allowed values"},
		{"unknown field", c, "POST", repo + "/check-runs", run(object{"sumary": "x"}), 422, "unknown fields body.sumary"},
		{"unknown field inside", c, "POST", repo + "/check-runs", output(object{"txt": "x"}), 422, "unknown fields body.output.txt"},
		{"unknown field in a list", c, "POST", repo + "/check-runs", note(object{"line": 1}), 422, "body.output.annotations[0].line"},
		{"missing field", c, "POST", repo + "/check-runs", object{"name": "custody"}, 422, "head_sha"},
		{"body where there is none", app, "POST", "/app/hook/deliveries/1/attempts", object{"x": 1}, 422, "it has no body"},
		{"no JSON", c, "POST", repo + "/check-runs", `{"name"`, 422, "GitHub would not take this"},

		{"completed without a conclusion", c, "POST", repo + "/check-runs", run(object{"status": "completed"}), 422, "needs a conclusion"},
		{"conclusion while running", c, "POST", repo + "/check-runs", run(object{"status": "in_progress", "conclusion": "success"}), 422, "is completed, not in_progress"},
		{"conclusion of its own", c, "POST", repo + "/check-runs", run(object{"conclusion": "passed"}), 422, "conclusion"},
		{"51 annotations", c, "POST", repo + "/check-runs", output(object{"annotations": many(51, object{"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"})}), 422, "annotations"},
		{"annotation of no level", c, "POST", repo + "/check-runs", note(object{"annotation_level": "error"}), 422, "annotation_level"},
		{"annotation that ends before it starts", c, "POST", repo + "/check-runs", note(object{"start_line": 3, "end_line": 2}), 422, "lines 3 to 2"},
		{"annotation on line 0", c, "POST", repo + "/check-runs", note(object{"start_line": 0}), 422, "lines 0 to 1"},
		{"columns over lines", c, "POST", repo + "/check-runs", note(object{"end_line": 2, "start_column": 1}), 422, "columns are for one line"},
		{"annotation of 65 KB", c, "POST", repo + "/check-runs", note(object{"message": strings.Repeat("m", 65<<10)}), 422, "more than 64 KB"},
		{"long summary", c, "POST", repo + "/check-runs", output(object{"summary": strings.Repeat("ä", 65536)}), 422, "summary"},
		{"long text", c, "POST", repo + "/check-runs", output(object{"text": strings.Repeat("t", 65536)}), 422, "text"},
		{"long title", c, "POST", repo + "/check-runs", output(object{"title": strings.Repeat("t", 256)}), 422, "title"},
		{"four buttons", c, "POST", repo + "/check-runs", pressed(many(4, button(1, 1, 1))...), 422, "actions"},
		{"button with 21 characters", c, "POST", repo + "/check-runs", pressed(button(21, 1, 1)), 422, "label"},
		{"button with a long story", c, "POST", repo + "/check-runs", pressed(button(1, 41, 1)), 422, "description"},
		{"button with a long name", c, "POST", repo + "/check-runs", pressed(button(1, 1, 21)), 422, "identifier"},
		{"link to nowhere", c, "POST", repo + "/check-runs", run(object{"details_url": "javascript:alert(1)"}), 422, "details_url"},
		{"commit that is gone", c, "POST", repo + "/check-runs", object{"name": "custody", "head_sha": strings.Repeat("0", 40)}, 422, ""},
		{"check run of somebody else", c, "PATCH", fmt.Sprintf("%s/check-runs/%d", repo, other.ID), object{"conclusion": "failure"}, 403, ""},
		{"long comment", c, "POST", repo + "/issues/1/comments", object{"body": strings.Repeat("b", 65537)}, 422, "body has 65537 characters"},
		{"bundle that is none", c, "POST", repo + "/attestations", object{"bundle": object{"mediaType": "text/plain"}}, 422, "no signed in-toto statement"},

		{"no token", nobody, "GET", repo + "/pulls", nil, 401, ""},
		{"bad token", &client{t: t, gh: w.gh, token: "ghs_guessed"}, "GET", repo + "/pulls", nil, 401, ""},
		{"JWT where a token belongs", app, "GET", repo + "/pulls", nil, 401, ""},
		{"token where a JWT belongs", c, "GET", "/app", nil, 401, ""},
		{"write with a reading token", reads, "POST", repo + "/check-runs", run(nil), 403, ""},
		{"permission that was not asked for", reads, "GET", repo + "/pulls", nil, 403, ""},
		{"repository of others", c, "GET", "/repos/other/secret", nil, 404, ""},
		{"write to what is open", c, "POST", "/repos/other/open/check-runs", object{"name": "custody", "head_sha": head}, 403, ""},
		{"team of others", c, "GET", "/orgs/other/teams/x", nil, 404, ""},
		{"more than was granted", app, "POST", fmt.Sprintf("/app/installations/%d/access_tokens", w.inst.ID), object{"permissions": object{"administration": "write"}}, 422, ""},
		{"repository that the installation lacks", app, "POST", fmt.Sprintf("/app/installations/%d/access_tokens", w.inst.ID), object{"repositories": []string{"secret"}}, 422, ""},
		{"installation that is none", app, "POST", "/app/installations/1/access_tokens", nil, 404, ""},

		{"ref that is there", c, "POST", repo + "/git/refs", object{"ref": "refs/heads/main", "sha": head}, 422, ""},
		{"ref without an object", c, "POST", repo + "/git/refs", object{"ref": "refs/custody/x", "sha": strings.Repeat("1", 40)}, 422, ""},
		{"ref of GitHub's own", c, "POST", repo + "/git/refs", object{"ref": "refs/pull/1/mine", "sha": head}, 422, ""},
		{"name that git refuses", c, "POST", repo + "/git/refs", object{"ref": "refs/custody/a..b", "sha": head}, 422, ""},
		{"no fast-forward", c, "PATCH", repo + "/git/refs/heads/feature", object{"sha": w.repo.tip("main")}, 422, ""},
		{"analyses where there are none", c, "GET", repo + "/code-scanning/analyses", nil, 404, ""},
		{"protection where there is none", c, "GET", repo + "/branches/main/protection", nil, 404, ""},
		{"manifest that was used", nobody, "POST", "/app-manifests/x/conversions", nil, 404, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.who.do(test.method, test.path, test.body)
			if got.status != test.status {
				t.Errorf("%d, want %d: %s", got.status, test.status, got.text)
			}
			if got.body["message"] == nil {
				t.Errorf("the answer says nothing: %s", got.text)
			}
			reports := strings.Join(w.tb.said(), "\n")
			if test.says == "" && reports != "" || !strings.Contains(reports, test.says) {
				t.Errorf("reported %q, want %q", reports, test.says)
			}
		})
	}
	if runs := w.repo.CheckRuns(head); len(runs) != 1 {
		t.Errorf("%d check runs, of which one is not refused", len(runs))
	}
	if secret.Refs()["refs/heads/main"] == "" {
		t.Error("nothing was hidden")
	}
}

// TestTokens is what GitHub asks of a JWT, and what becomes of installation tokens.
func TestTokens(t *testing.T) {
	now := time.Now()
	w := newWorld(t, Clock(func() time.Time { return now }))
	header := object{"alg": "RS256", "typ": "JWT"}
	claims := func(iat, exp time.Duration) object {
		return object{"iss": w.gh.App.ID, "iat": now.Add(iat).Unix(), "exp": now.Add(exp).Unix()}
	}
	good := jwt(w.gh.App.Key, header, claims(-time.Minute, 9*time.Minute))
	for _, test := range []struct {
		name, token string
		status      int
	}{
		{"good", good, 200},
		{"by client id", jwt(w.gh.App.Key, header, object{"iss": w.gh.App.ClientID, "iat": now.Unix(), "exp": now.Unix() + 60}), 200},
		{"too far ahead", jwt(w.gh.App.Key, header, claims(0, 11*time.Minute)), 401},
		{"over", jwt(w.gh.App.Key, header, claims(-time.Hour, -time.Second)), 401},
		{"from the future", jwt(w.gh.App.Key, header, claims(time.Minute, 5*time.Minute)), 401},
		{"without signature", jwt(w.gh.App.Key, object{"alg": "none"}, claims(0, time.Minute)), 401},
		{"changed", good[:len(good)-8] + "AAAAAAAA", 401},
		{"of no App", jwt(w.gh.App.Key, header, object{"iss": "1", "iat": now.Unix(), "exp": now.Unix() + 60}), 404},
		{"no JWT", "a.b.c", 401},
	} {
		c := &client{t: t, gh: w.gh, token: test.token}
		if r := c.do("GET", "/app", nil); r.status != test.status {
			t.Errorf("%s: %d, want %d: %s", test.name, r.status, test.status, r.text)
		}
	}

	app := &client{t: t, gh: w.gh, token: good}
	r := app.want(201, "POST", fmt.Sprintf("/app/installations/%d/access_tokens", w.inst.ID), object{"repositories": []string{"shop"}, "permissions": object{"checks": "write"}})
	c := &client{t: t, gh: w.gh, token: r.body["token"].(string)}
	c.want(200, "GET", "/repos/acme/shop/commits/main/check-runs", nil)
	c.want(403, "GET", "/repos/acme/shop/pulls", nil)
	w.inst.Suspend()
	c.want(403, "GET", "/repos/acme/shop/commits/main/check-runs", nil)
	app.want(403, "POST", fmt.Sprintf("/app/installations/%d/access_tokens", w.inst.ID), nil)
	w.inst.Unsuspend()
	c.want(200, "GET", "/repos/acme/shop/commits/main/check-runs", nil)
	now = now.Add(time.Hour)
	c.want(401, "GET", "/repos/acme/shop/commits/main/check-runs", nil)
}
