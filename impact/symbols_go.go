package impact

import (
	"strings"
	"sync"

	"custody/impact/lang"
)

// How Go code can get at a definition. The rules follow from two observations about a
// test that runs changed code.
//
// The first piece of code of which we know by name that it holds the changed one was not
// called by name from outside of that knowledge, so it was called by somebody who got a
// value from us: a function value is mentioned where it is made, and a method needs a
// value of its type, which somebody made who mentions the type, a function that returns
// it, a variable or a field of a type that holds it, and so on. So a test is broken only
// if it is reached by following mentions where a reached method counts as its type
// (holds).
//
// And each call on the way spells the name of what it calls: of the function, or of the
// method, be it behind an interface (calls). Only code that we do not see may call a
// method without spelling its name anywhere here: then the type stands for the method
// again.
//
// Code that runs when its package is loaded is the exception to both: whoever imports the
// package runs it.

// followGo goes on from a definition of a Go file.
func (s *spread) followGo(a atom, f *spreadFile, d *lang.Definition) {
	name, member := cutMember(d.Name)
	switch {
	case member == "":
		if d.Name == "TestMain" && f.test {
			s.tests(a, f)
		}
		s.followGoName(a, f, name, byName)
		return
	case !s.calls:
		s.methods = true
		s.followGoName(a, f, name, byType)
		return
	}
	if s.broken[a] { // the type may not be what an interface asks for, though nobody calls it
		s.followGoName(a, f, name, byType)
	}
	if !d.Exported {
		s.inUnit(a, f, lang.GoMember(member), byMember)
		return
	}
	if h := lang.GoMember(member); s.once(ask{-1, askEverywhere, h}) {
		s.mentioning(h, func(_ *spreadFile, to atom) { s.step(a, to, 1, byMember) })
	}
	if calledByOthers(member) || s.outsiders.call(lang.GoMember(member)) {
		s.followGoName(a, f, name, byType)
	}
}

// followGoName goes to what mentions a name of a package: as it is in the package itself,
// behind the package elsewhere.
func (s *spread) followGoName(a atom, f *spreadFile, name string, confidence Confidence) {
	if name == "_" || name == "init" || name == "main" {
		return
	}
	s.inUnit(a, f, lang.HashName(name), confidence)
	if c := name[0]; 'a' <= c && c <= 'z' || c == '_' {
		return
	}
	node := s.graph.Node(f.folder)
	for _, spec := range s.importedAs(s.graph, f.folder) {
		s.qualified(a, f, lang.GoQualified(spec, name), spec, confidence)
		if lang.GoPackageName(spec) != node.Name {
			s.qualified(a, f, lang.GoMember(name), spec, confidence)
		}
		if dots := lang.GoQualified(spec, "*"); s.index.has(dots) {
			s.dotImported(a, f, dots, lang.HashName(name), confidence)
		}
	}
}

// inUnit goes to what mentions a name in the files of the same package.
func (s *spread) inUnit(a atom, f *spreadFile, name lang.NameHash, confidence Confidence) {
	if !s.once(ask{f.unit, askUnit, name}) {
		return
	}
	s.mentioning(name, func(g *spreadFile, to atom) {
		if g.unit == f.unit && (!f.test || g.test) {
			s.step(a, to, b2i(g.node != f.node), confidence)
		}
	})
}

// qualified goes to what mentions a name behind the name of an import.
func (s *spread) qualified(a atom, f *spreadFile, name lang.NameHash, spec string, confidence Confidence) {
	if !s.once(ask{f.folder, askImporters, name}) {
		return
	}
	confidence = confidence * byQualified / byName
	s.mentioning(name, func(g *spreadFile, to atom) {
		if f.test && (g.folder != f.folder || !g.test) {
			return // nobody imports tests, but for the external ones beside them
		}
		s.throughPackage(a, f, to, min(confidence, 1000))
	})
}

// dotImported goes to what mentions the plain name after a dot import.
func (s *spread) dotImported(a atom, f *spreadFile, dots, name lang.NameHash, confidence Confidence) {
	files := map[int32]bool{}
	s.mentioning(dots, func(g *spreadFile, to atom) { files[g.node] = files[g.node] || to.def == loose })
	s.mentioning(name, func(g *spreadFile, to atom) {
		if files[g.node] {
			s.throughPackage(a, f, to, confidence)
		}
	})
}

// importedAs lists the paths by which files import a package. One that is not kept as it is
// written makes its importer reached as a whole: see followFiles.
func (r *reachable) importedAs(g *Graph, folder int32) []string {
	if specs, ok := r.specs[folder]; ok {
		return specs
	}
	specs := []string{}
	seen := map[string]bool{}
	for _, e := range g.Into(folder) {
		if g.Link(e).Kind != Imports {
			continue
		}
		if spec := g.Edge(e).Evidence.Detail; !seen[spec] {
			seen[spec] = true
			specs = append(specs, spec)
		}
	}
	r.specs[folder] = specs
	return specs
}

// unreadableSpec says that an import path is not the one that was written: clipped or
// escaped.
func unreadableSpec(spec string) bool { return len(spec) >= 200 || strings.ContainsRune(spec, '%') }

// calledByOthers says whether a library may call a method of this name: it stands in an
// interface of the standard library or of one that is much used.
func calledByOthers(method string) bool { return othersCall()[method] }

var othersCall = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(standardMethods + knownMethods) {
		m[name] = true
	}
	return m
})

// standardMethods are the exported methods of the interfaces of the standard library which
// others can implement: a test holds the list against its source.
const standardMethods = `
Accept Add Addr AdjustStream AfterFunc Alignof AppendBinary AppendStackPointer AppendText AppendUint16
AppendUint32 AppendUint64 As At Available BaseContext Basic Begin BeginTx BlockSize Bounds Bytes
CancelRequest CheckCorpus CheckNamedValue Clone Close CloseConn CloseIdleConnections CloseNotify CloseStream
CloseWrite ColorIndexAt ColorModel ColumnConverter ColumnTypeDatabaseTypeName ColumnTypeLength
ColumnTypeNullable ColumnTypePrecisionScale ColumnTypeScanType Columns Commit Common Compose Connect
ConnectionState ConstantTimeSum Control Convert ConvertValue Cookies CoordinateFuzzing CrashPath CryptBlocks
Curve DataReader DataStart Deadline Decapsulate DecodeUnified Decompose Decrypt Done Double Draw Driver ECDH
EnableFullDuplex Enabled Encapsulate Encapsulator Encode Encrypt End Equal Err Error Exec ExecContext F Flag
Flush FlushError Format Framer Generate Get GetClientConn Glob Gname GoString GobDecode GobEncode Handle
HasNextResultSet HashFunc Header HeaderBlockFragment HeaderEncoder HeadersEnded Hijack Import ImportFrom
ImportPath InFlight Info InitRuntimeCoverage Int63 Is IsBoolFlag IsDir IsHTTP2NoCachedConnError IsOnCurve
IsValid IsZero Label LastInsertId Len Less Level LocalAddr Lock LogValue Lstat M MarkDead MarshalBinary
MarshalJSON MarshalJSONTo MarshalText MarshalXML MarshalXMLAttr MatchString ModTime Mode ModulePath Name
Network NewCBCDecrypter NewCBCEncrypter NewCTR NewClientConn NewGCM Next NextResultSet NonceSize NumInput Obj
Offsetsof Opaque Open OpenConnector OpenStream Options Overhead Params Peek Ping PollFD Pop Pos Precision
Prepare PrepareContext Public PublicKey PublicSuffix Push Put PutUint16 PutUint32 PutUint64 Quantize Query
QueryContext RGBA RGBA64At Raw Read ReadAt ReadByte ReadCorpus ReadDir ReadFile ReadFrom ReadLink
ReadRequestBody ReadRequestHeader ReadResponseBody ReadResponseHeader ReadRune Readdir Release RemoteAddr
Replace Reserve Reset ResetCoverage ResetSession Rollback RoundTrip RoundTripErr RowsAffected RunFuzzWorker
RuntimeError ScalarBaseMult ScalarMult Scan Seal Seed Seek ServeHTTP Set SetBytes SetCookies SetDeadline
SetIV SetPanicOnExit0 SetRGBA64 SetReadDeadline SetWriteDeadline Sign SignMessage Signal Size Sizeof
SkipSpace SnapshotCoverage Stack StackPointer Start StartCPUProfile StartTestLog Stat StopCPUProfile
StopTestLog StreamEnded String Sub Sum Sum32 Sum64 Swap Sys SyscallConn Temporary Timeout Token Type
TypeParams Uint16 Uint32 Uint64 Uname Underlying UnencryptedNetConn Unlock Unmarshal UnmarshalBinary
UnmarshalCompressed UnmarshalJSON UnmarshalJSONFrom UnmarshalText UnmarshalXML UnmarshalXMLAttr UnreadByte
UnreadRune Unwrap Value Visit Width WithAttrs WithGroup Write WriteAt WriteByte WriteHeader WriteProfileTo
WriteRequest WriteResponse WriteString WriteTo XORKeyStream
`

// knownMethods are those of much used libraries: cobra and pflag, yaml, protobuf, gRPC,
// prometheus, OpenTelemetry, testify, gorm, bson, graphql, zap, logrus, ginkgo, heap users.
const knownMethods = `
MarshalYAML UnmarshalYAML MarshalTOML UnmarshalTOML MarshalBSON UnmarshalBSON MarshalMsgpack UnmarshalMsgpack MarshalHCL
MarshalGQL UnmarshalGQL MarshalLogObject MarshalLogArray MarshalZerologObject MarshalEasyJSON UnmarshalEasyJSON
ProtoMessage ProtoReflect Descriptor Marshal Size Merge DiscardUnknown Collect Describe Desc Fire Levels
SetupTest SetupSuite TearDownTest TearDownSuite BeforeTest AfterTest Matches FailureMessage NegatedFailureMessage
BeforeSave BeforeCreate BeforeUpdate BeforeDelete AfterSave AfterCreate AfterFind TableName GormDataType
Invoke Validate Default DeepCopy DeepCopyInto DeepCopyObject GetObjectKind Reconcile Eq Hash Apply Run Help Synopsis
Init Update View Execute RegisterFlags Append Shutdown ForceFlush OnStart OnEnd ExportSpans Extract Inject Fields
`
