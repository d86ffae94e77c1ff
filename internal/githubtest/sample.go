package githubtest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// samples.json.gz is the payloads of the npm package @octokit/webhooks-examples for
// api.github.com, by event, whose licence is MIT as of @octokit/openapi.
// TestSamples generates it.
//
//go:embed testdata/samples.json.gz
var sampled []byte

// A Sample is a payload that GitHub sent to somebody, some time ago.
type Sample struct {
	Event   string
	Payload []byte
}

type samplesOf struct {
	Name     string            `json:"name"`
	Examples []json.RawMessage `json:"examples"`
}

var samples = sync.OnceValues(func() ([]Sample, error) {
	text, err := unzip(sampled)
	if err != nil {
		return nil, err
	}
	var byEvent []samplesOf
	if err := json.Unmarshal(text, &byEvent); err != nil {
		return nil, err
	}
	var all []Sample
	for _, e := range byEvent {
		for _, payload := range e.Examples {
			all = append(all, Sample{e.Name, payload})
		}
	}
	return all, nil
})

// Samples are 329 payloads of all 58 events that GitHub has an example of.
func (gh *GitHub) Samples() []Sample {
	gh.tb.Helper()
	all, err := samples()
	if err != nil {
		gh.tb.Fatalf("reading the samples: %v", err)
	}
	return slices.Clone(all)
}

// Aim makes the sample one about a repository of this GitHub and from an installation,
// so that the App does not put it away as a stranger's.
func (s Sample) Aim(r *Repo, i *Installation) Sample {
	defer r.gh.lock()()
	var payload map[string]any
	if err := json.Unmarshal(s.Payload, &payload); err != nil {
		r.gh.tb.Errorf("githubtest: the sample of %s: %v", s.Event, err)
		return s
	}
	payload["installation"] = object{"id": i.ID, "node_id": node("I", i.ID)}
	if was, found := payload["repository"].(map[string]any); found {
		for k, v := range r.object(nil) {
			if _, shown := was[k]; shown {
				was[k] = v
			}
		}
	}
	text, err := json.Marshal(payload)
	if err != nil {
		r.gh.tb.Errorf("githubtest: the sample of %s: %v", s.Event, err)
		return s
	}
	return Sample{s.Event, text}
}

// reduceSamples takes the payloads out of the package's index.
func reduceSamples(index []byte) ([]byte, error) {
	var events []samplesOf
	if err := json.Unmarshal(index, &events); err != nil {
		return nil, fmt.Errorf("reading the samples: %w", err)
	}
	slices.SortFunc(events, func(a, b samplesOf) int { return strings.Compare(a.Name, b.Name) })
	return json.Marshal(events)
}
