package lang

import (
	"slices"
	"strings"
)

// maxFolder is how many files a path may mean of which a part is computed.
const maxFolder = 256

// handed answers for a path that code hands to a function. In a configuration it says where the
// code of a project begins, and not what the configuration needs.
func (r *scriptResolver) handed(from, spec string) Resolution {
	if stem, _, _ := strings.Cut(baseOf(from), ".config."); len(stem) < len(baseOf(from)) || ConfiguresScripts(from) {
		return Resolution{External: true}
	}
	to := r.means(from, spec)
	to.Files = slices.DeleteFunc(to.Files, func(path string) bool {
		ext := Extension(path)
		return !scriptCode()[ext] && ext != ".json"
	})
	if len(to.Files) == 0 {
		return Resolution{External: true}
	}
	to.Confidence = min(to.Confidence, scriptHanded)
	return to
}

// glob answers for a path of which a part is computed: all code that it could mean. Where that is
// too much, or nothing, it is none: the import is unresolved.
func (r *scriptResolver) glob(from, spec string) Resolution {
	star := strings.IndexByte(spec, '*')
	if star < 0 {
		return Resolution{}
	}
	head, tail := spec[:strings.LastIndexByte(spec[:star], '/')+1], spec[strings.LastIndexByte(spec, '*')+1:]
	begin := spec[len(head):star]
	if ext := Extension(tail); ext != "" { // that of a source may be another one
		if !scriptCode()[ext] {
			return Resolution{External: true} // data, styles, images
		}
		tail = tail[:len(tail)-len(ext)]
	}
	deep := strings.Contains(spec, "**")
	found, cut := []string(nil), false
	for _, folder := range r.globFolders(from, head) {
		for _, path := range r.below(folder, deep) {
			rest := strings.TrimPrefix(path, under(folder, "")+"/")
			if folder == "." {
				rest = path
			}
			stem := rest[:len(rest)-len(Extension(rest))]
			stem = strings.TrimSuffix(stem, ".d")
			if !strings.HasPrefix(stem, begin) || !deep && !strings.HasSuffix(stem, tail) && !strings.HasSuffix(strings.TrimSuffix(stem, "/index"), tail) {
				continue
			}
			if cut = len(found) == maxFolder; cut {
				break
			}
			found = append(found, path)
		}
	}
	if cut {
		return Resolution{}
	}
	if found = targets(found...); len(found) == 0 {
		return Resolution{External: true}
	}
	return Resolution{Files: found, Confidence: scriptFolder}
}

// globFolders are the folders that the beginning of a path means.
func (r *scriptResolver) globFolders(from, head string) (folders []string) {
	if isRelative(head) {
		if folder, ok := joinPath(folderOf(from), head); ok {
			folders = append(folders, folder)
		}
		return folders
	}
	root := r.place(folderOf(from)).nearest().folder
	for _, a := range scriptAliases {
		if rest, ok := strings.CutPrefix(head, a.prefix); ok {
			if folder, ok := joinPath(under(root, a.folder), rest); ok {
				folders = append(folders, folder)
			}
		}
	}
	return folders
}

// below are the files of code in a folder, and the index of each folder in it; with deep all of
// them, up to a limit.
func (r *scriptResolver) below(folder string, deep bool) []string {
	r.indexFolders()
	if !deep {
		return r.holds[folder]
	}
	var all []string
	files := r.tree.Files()
	prefix := folder + "/"
	if folder == "." {
		prefix = ""
	}
	at, _ := slices.BinarySearch(files, prefix)
	for seen := 0; at < len(files) && strings.HasPrefix(files[at], prefix) && seen <= maxBelow; at++ {
		seen++
		if scriptCode()[Extension(files[at])] {
			all = append(all, files[at])
		}
	}
	return all
}

// maxBelow is how many files of a folder are looked at.
const maxBelow = 4096

// indexFolders notes the code in each folder, when it is first asked.
func (r *scriptResolver) indexFolders() {
	if r.holds != nil {
		return
	}
	r.holds = map[string][]string{}
	for _, path := range r.tree.Files() {
		if !scriptCode()[Extension(path)] {
			continue
		}
		folder := folderOf(path)
		r.holds[folder] = append(r.holds[folder], path)
		if stem, _, _ := strings.Cut(baseOf(path), "."); stem == "index" && folder != "." {
			r.holds[folderOf(folder)] = append(r.holds[folderOf(folder)], path)
		}
	}
}
