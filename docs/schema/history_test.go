package schema_test

import (
	"custody/attestation"
	"custody/internal/git"
)

// Like a graph, a history is written piece by piece. TestPrintedDocuments holds the
// types below against what is written.

// HistoryDocument is the authorship of every commit that is reachable.
type HistoryDocument struct {
	Schema  string                     `json:"schema"`
	Commits []HistoryCommit            `json:"commits"` // newest first
	Summary attestation.HistorySummary `json:"summary"`
}

// HistoryCommit is one commit. The empty parts of the many commits that nothing is
// known of are left out.
type HistoryCommit struct {
	SHA        git.OID                `json:"sha"`
	Class      attestation.Class      `json:"class"`
	Merge      bool                   `json:"merge,omitempty"`
	Month      string                 `json:"month"`                // of the committer's date, "2026-11"
	Automation string                 `json:"automation,omitempty"` // the deterministic tool that authored it
	Agents     []attestation.Agent    `json:"agents,omitempty"`
	Evidence   []attestation.Evidence `json:"evidence,omitempty"` // strongest first
	People     []string               `json:"people,omitempty"`   // of commits that agents took part in

	Files       []attestation.HistoryFile `json:"files,omitempty"`        // with --files, of commits that agents took part in
	FilesUnread bool                      `json:"files_unread,omitempty"` // they could not be read
}
