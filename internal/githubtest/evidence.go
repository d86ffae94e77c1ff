package githubtest

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// An Analysis is one SARIF file that a scanner uploaded to code scanning.
type Analysis struct {
	ID                int64
	Ref, Commit       string
	Tool, ToolVersion string
	Category          string
	SARIF             []byte
	Results           int
	created, sarif    string
}

// Analyse uploads a SARIF file for a commit.
func (r *Repo) Analyse(ref, commit, tool string, sarif []byte) *Analysis {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	var doc struct {
		Runs []struct{ Results []json.RawMessage }
	}
	if err := json.Unmarshal(sarif, &doc); err != nil {
		r.gh.tb.Fatalf("uploading SARIF: %v", err)
	}
	a := &Analysis{ID: r.gh.nextID(), Ref: ref, Commit: commit, Tool: tool, Category: tool, SARIF: sarif, created: r.gh.stamp()}
	a.sarif = fmt.Sprintf("%08x-0000-11f0-8000-000000000000", a.ID)
	for _, run := range doc.Runs {
		a.Results += len(run.Results)
	}
	r.analyses = append(r.analyses, a)
	return a
}

func (a *Analysis) object(r *Repo) object {
	return object{
		"id": a.ID, "ref": a.Ref, "commit_sha": a.Commit, "analysis_key": a.Category, "environment": "{}", "category": a.Category, "error": "", "warning": "",
		"created_at": a.created, "results_count": a.Results, "rules_count": 0, "sarif_id": a.sarif, "deletable": true,
		"url": fmt.Sprintf("%s/repos/%s/code-scanning/analyses/%d", r.gh.API, r.FullName(), a.ID), "tool": object{"name": a.Tool, "guid": nil, "version": nil},
	}
}

func listAnalyses(c *call) *answer {
	if len(c.repo.analyses) == 0 {
		return refused(404, "no analysis found")
	}
	list := []any{}
	for _, a := range slices.Backward(c.repo.analyses) {
		ref := c.query.Get("ref")
		if ref != "" && ref != a.Ref && "refs/heads/"+ref != a.Ref || c.query.Get("tool_name") != "" && c.query.Get("tool_name") != a.Tool ||
			c.query.Get("sarif_id") != "" && c.query.Get("sarif_id") != a.sarif {
			continue
		}
		list = append(list, a.object(c.repo))
	}
	return c.list(list)
}

func getAnalysis(c *call) *answer {
	for _, a := range c.repo.analyses {
		if a.ID != c.number("analysis_id") {
			continue
		}
		if strings.Contains(c.header.Get("Accept"), "sarif") {
			return (&answer{status: 200, raw: a.SARIF}).with("Content-Type", "application/sarif+json; charset=utf-8")
		}
		return ok(a.object(c.repo))
	}
	return notFound()
}

// An Artifact is a zip that a workflow left.
type Artifact struct {
	ID      int64
	Name    string
	Commit  string
	Zip     []byte
	Expired bool
	Fork    bool // made by a run for a pull request from a fork

	created string
}

// Artifact leaves one with these files.
func (r *Repo) Artifact(name, commit string, files map[string][]byte) *Artifact {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for file, content := range files {
		w, err := z.Create(file)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			r.gh.tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		r.gh.tb.Fatal(err)
	}
	a := &Artifact{ID: r.gh.nextID(), Name: name, Commit: commit, Zip: b.Bytes(), created: r.gh.stamp()}
	r.artifacts = append(r.artifacts, a)
	return a
}

func listArtifacts(c *call) *answer {
	list := []any{}
	for _, a := range slices.Backward(c.repo.artifacts) {
		if n := c.query.Get("name"); n != "" && n != a.Name {
			continue
		}
		url := fmt.Sprintf("%s/repos/%s/actions/artifacts/%d", c.gh.API, c.repo.FullName(), a.ID)
		run := object{"id": a.ID, "repository_id": c.repo.ID, "head_repository_id": c.repo.ID, "head_branch": "main", "head_sha": a.Commit}
		if a.Fork {
			run["head_repository_id"] = c.repo.ID + 1
		}
		list = append(list, object{
			"id": a.ID, "node_id": node("ART", a.ID), "name": a.Name, "size_in_bytes": len(a.Zip), "url": url, "archive_download_url": url + "/zip",
			"expired": a.Expired, "created_at": a.created, "updated_at": a.created, "expires_at": a.created, "workflow_run": run,
		})
	}
	return c.counted("artifacts", list)
}

func getArtifact(c *call) *answer {
	for _, a := range c.repo.artifacts {
		if a.ID != c.number("artifact_id") {
			continue
		}
		if a.Expired {
			return refused(410, "Artifact has expired")
		}
		return (&answer{status: 302}).with("Location", fmt.Sprintf("%s/%d?signature=1", c.gh.storageURL(), a.ID))
	}
	return notFound()
}

// storageURL is where downloads redirect to: another host, as at GitHub.
func (gh *GitHub) storageURL() string {
	return strings.Replace(gh.storage.URL, "127.0.0.1", "localhost", 1)
}

// serveStorage knows who may read by the address alone. A token that comes along has
// left GitHub.
func (gh *GitHub) serveStorage(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		gh.tb.Errorf("githubtest: a token went to another host, by the redirect of an artifact's download")
		http.Error(w, "InvalidAuthenticationInfo", http.StatusForbidden)
		return
	}
	defer gh.lock()()
	for _, repo := range gh.repos {
		for _, a := range repo.artifacts {
			if r.URL.Path == fmt.Sprintf("/%d", a.ID) {
				w.Header().Set("Content-Type", "application/zip")
				w.Write(a.Zip)
				return
			}
		}
	}
	http.NotFound(w, r)
}

// A Deployment says what ran where.
type Deployment struct {
	ID          int64
	SHA, Ref    string
	Environment string
	By          *Account
	State       string
	at          string
}

// Deploy deploys a commit to an environment, with the state that it came to.
func (r *Repo) Deploy(by, ref, sha, environment, state string) {
	defer r.gh.lock()()
	r.deployments = append(r.deployments, &Deployment{ID: r.gh.nextID(), SHA: sha, Ref: ref, Environment: environment, By: r.gh.person(by), State: state, at: r.gh.stamp()})
}

func (r *Repo) deploymentURL(d *Deployment) string {
	return fmt.Sprintf("%s/repos/%s/deployments/%d", r.gh.API, r.FullName(), d.ID)
}

func listDeployments(c *call) *answer {
	list := []any{}
	for _, d := range slices.Backward(c.repo.deployments) {
		if q := c.query; q.Get("sha") != "" && q.Get("sha") != d.SHA || q.Get("environment") != "" && q.Get("environment") != d.Environment || q.Get("ref") != "" && q.Get("ref") != d.Ref {
			continue
		}
		url := c.repo.deploymentURL(d)
		list = append(list, object{
			"id": d.ID, "node_id": node("DE", d.ID), "url": url, "sha": d.SHA, "ref": d.Ref, "task": "deploy", "payload": object{}, "environment": d.Environment,
			"original_environment": d.Environment, "description": nil, "creator": account(c.gh, d.By), "created_at": d.at, "updated_at": d.at,
			"statuses_url": url + "/statuses", "repository_url": c.gh.API + "/repos/" + c.repo.FullName(),
		})
	}
	return c.list(list)
}

func listDeploymentStatuses(c *call) *answer {
	for _, d := range c.repo.deployments {
		if d.ID == c.number("deployment_id") {
			url := c.repo.deploymentURL(d)
			return c.list([]any{object{
				"id": d.ID, "node_id": node("DES", d.ID), "url": url + "/statuses/1", "state": d.State, "creator": account(c.gh, d.By), "description": "",
				"environment": d.Environment, "target_url": "", "created_at": d.at, "updated_at": d.at, "deployment_url": url, "repository_url": c.gh.API + "/repos/" + c.repo.FullName(),
			}})
		}
	}
	return notFound()
}

// An Attestation is a Sigstore bundle that was attached to what it speaks of.
type Attestation struct {
	ID       int64
	Subjects []string // "sha256:..."
	Bundle   json.RawMessage
}

// Attestations are those of the repository.
func (r *Repo) Attestations() []Attestation {
	defer r.gh.lock()()
	var out []Attestation
	for _, a := range r.attestations {
		out = append(out, *a)
	}
	return out
}

// createAttestation takes a bundle whose envelope holds an in-toto statement.
func createAttestation(c *call) *answer {
	invalid := func(why string) *answer {
		c.gh.tb.Errorf("githubtest: %s: GitHub would not take this bundle: %s", c.path, why)
		return refused(422, "Invalid bundle: "+why)
	}
	raw, err := json.Marshal(c.body["bundle"])
	if err != nil {
		return invalid(err.Error())
	}
	var bundle struct {
		MediaType    string
		DSSEEnvelope struct {
			Payload, PayloadType string
			Signatures           []struct{ Sig string }
		}
	}
	if err := json.Unmarshal(raw, &bundle); err != nil {
		return invalid(err.Error())
	}
	payload, err := base64.StdEncoding.DecodeString(bundle.DSSEEnvelope.Payload)
	if err != nil || bundle.DSSEEnvelope.PayloadType != "application/vnd.in-toto+json" || len(bundle.DSSEEnvelope.Signatures) == 0 ||
		!strings.HasPrefix(bundle.MediaType, "application/vnd.dev.sigstore.bundle") {
		return invalid("no signed in-toto statement in a Sigstore bundle")
	}
	var statement struct {
		Subject []struct{ Digest map[string]string }
	}
	if err := json.Unmarshal(payload, &statement); err != nil || len(statement.Subject) == 0 {
		return invalid("the statement has no subject")
	}
	a := &Attestation{ID: c.gh.nextID(), Bundle: raw}
	for _, s := range statement.Subject {
		if d := s.Digest["sha256"]; d != "" {
			a.Subjects = append(a.Subjects, "sha256:"+d)
		}
	}
	c.repo.attestations = append(c.repo.attestations, a)
	return created(object{"id": a.ID})
}

func listAttestations(c *call) *answer {
	list := []any{}
	for _, a := range c.repo.attestations {
		if slices.Contains(a.Subjects, c.params["subject_digest"]) {
			var bundle any
			if err := json.Unmarshal(a.Bundle, &bundle); err != nil {
				c.gh.tb.Error(err)
			}
			list = append(list, object{"bundle": bundle, "repository_id": c.repo.ID})
		}
	}
	return ok(object{"attestations": list})
}
