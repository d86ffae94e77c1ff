package inventory

// A Key is one of those that the file's form knows.
type Key struct {
	Name   string
	Asks   string // what it says
	Must   bool   // of the form that teams write; the rest is ours, and may be absent
	scalar bool   // one value; the others may be a list or a mapping
}

// Keys are those of a system, in the order in which a draft has them. docs/inventory.md
// and the published schema list the same.
var Keys = []Key{
	{"name", "what the system is called", true, true},
	{"model", "the model behind it", true, true},
	{"version", "version of the system or of its model", true, true},
	{"risk_classification", "unacceptable, high, limited or minimal (EU AI Act); serious, high, medium or low (SPDX)", true, true},
	{"owner", "who answers for it", true, true},
	{"training_data_source", "where its training data comes from: words or a link", true, false},
	{"deployment_date", "since when it is in use, such as 2026-01-31", true, true},
	{"last_bias_test", "the day of its last test for bias", true, true},
	{"drift_monitoring", "how drift of its answers is noticed", true, false},

	{"agent", "ids by which Custody knows it, such as claude-code", false, false},
	{"models", "further models that it uses; * at the end stands for any rest", false, false},
	{"training_data_version", "version or date of the training data", false, false},
	{"hyperparameters", "settings that matter for its answers: values or a link", false, false},
	{"evaluation_metrics", "how well it does, and by which measure: values or a link", false, false},
	{"incident_plan", "what happens when its answer is wrong: words or a link", false, false},
	{"integrity_evidence", "what proves that it is the system it claims to be: a digest, a signature, a link", false, false},
	{"prompt_personal_data", "how personal data in prompts is handled: words or a link", false, false},
}

func keyOf(name string) *Key {
	for i := range Keys {
		if Keys[i].Name == name {
			return &Keys[i]
		}
	}
	return nil
}
