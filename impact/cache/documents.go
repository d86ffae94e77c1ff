package cache

import (
	"custody/impact/wire"
	"custody/internal/git"
)

// Documents is an impact.DocumentStore over a file. What holds for a Store holds for it.
type Documents struct {
	file treeFile
	tree git.OID // of parts
	kept [][]byte
}

// DocumentsFileName is the name of the file within a repository's cache folder.
const DocumentsFileName = "documents"

const documentsMagic = "custody docume\x00\x01"

// OpenDocuments opens a documents file. program tells builds of Custody apart that may read
// documents in another way.
func OpenDocuments(path, program string) *Documents {
	return &Documents{file: treeFile{path: path, program: program, magic: documentsMagic}}
}

// Documents is what the file holds, if that can be used.
func (d *Documents) Documents() (tree git.OID, kept wire.Region) {
	d.file.load()
	if d.file.content == nil {
		return git.OID{}, nil
	}
	return d.file.tree, d.file.content
}

// KeepDocuments keeps the documents of a tree until Save; the last one stays.
func (d *Documents) KeepDocuments(tree git.OID, parts ...[]byte) { d.tree, d.kept = tree, parts }

// Save writes what was kept.
func (d *Documents) Save() error {
	if d.file.program == "" || d.kept == nil {
		return nil
	}
	err := d.file.save(d.tree, func() [][]byte { return d.kept })
	d.kept = nil
	return err
}
