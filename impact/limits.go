package impact

// Limits bound what Build and Trace take in. They count, they never time: the same tree
// meets the same limits on every machine. What is over one is counted with reason
// SkipLimit.
type Limits struct {
	Files          int   // files of a tree, in git's order
	FileBytes      int64 // of one source file
	ProjectBytes   int64 // of one project file (go.mod, tsconfig.json)
	ImportsPerFile int
	Edges          int // edges and unresolved imports of a graph, in order of language and path
}

// DefaultLimits hold for every door; a pack records them.
func DefaultLimits() Limits {
	return Limits{
		Files:          250_000,
		FileBytes:      4 << 20,
		ProjectBytes:   1 << 20,
		ImportsPerFile: 20_000,
		Edges:          2_000_000,
	}
}

// Map is the table as a pack records it.
func (l Limits) Map() map[string]int64 {
	return map[string]int64{
		"impact.files":            int64(l.Files),
		"impact.file_bytes":       l.FileBytes,
		"impact.project_bytes":    l.ProjectBytes,
		"impact.imports_per_file": int64(l.ImportsPerFile),
		"impact.edges":            int64(l.Edges),
		"impact.via":              maxVia,
		"impact.symbols":          maxSymbols,
		"impact.symbol_mentions":  maxSymbolWork,
		"impact.symbol_outsiders": maxOutsiders,
		"impact.words":            maxWords,
		"impact.manifests":        maxManifests,
		"impact.plain_data_bytes": maxPlainData,
		"impact.packages":         maxPackages,
		"impact.importers":        maxImporters,
	}
}
