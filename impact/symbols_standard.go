package impact

import (
	"slices"
	"strings"
	"sync"

	"custody/impact/lang"
)

// Libraries call methods of values that they are handed, and their names stand nowhere in
// the tree. A method can be called so where a Go file of the tree imports a package of the
// standard library that declares an interface with it, or imports one that does: a test
// holds the lists against its source.

// A libraryMethod is a method that a library may call, whatever is imported: one of an interface
// that much of the standard library knows, or of a library that is much used. Or few packages
// of the standard library may, and no others.
type libraryMethod struct {
	standard bool
	packages []string     // nil: it may be called whatever is imported
	shapes   []lang.Shape // that it has where it is asked for; nil: it may be any
}

// has says whether a method of a shape can be the one that is asked for.
func (m *libraryMethod) has(shape lang.Shape) bool {
	return m.shapes == nil || slices.Contains(m.shapes, shape)
}

var libraryMethods = sync.OnceValue(func() map[string]*libraryMethod {
	all := map[string]*libraryMethod{}
	add := func(list string, packages []string) {
		for row := range strings.FieldsSeq(list) {
			name, shapes, _ := strings.Cut(row, ":")
			m := &libraryMethod{standard: true, packages: packages}
			for shape := range strings.SplitSeq(shapes, ",") {
				if len(shape) == 2 {
					m.shapes = append(m.shapes, lang.ShapeOf(int(shape[0]-'0'), int(shape[1]-'0')))
				}
			}
			all[name] = m
		}
	}
	add(standardMethods, nil)
	for _, row := range standardCallers {
		add(row[1], strings.Fields(row[0]))
	}
	for name := range strings.FieldsSeq(knownMethods) {
		m := all[name]
		if m == nil {
			m = &libraryMethod{}
			all[name] = m
		}
		m.packages, m.shapes = nil, nil
	}
	return all
})

// standardMethods are the exported methods of the interfaces of the standard library which
// others can implement, without those of standardCallers. Behind a name stand the shapes that
// it has in them, a digit for the parameters and one for the results; none: any.
const standardMethods = `
BytesX:02 Chdir:10 Getenv:10 Marker:01 VisitFuncs:11 AfterFunc:11 AppendStackPointer AppendUint16:21
AppendUint32:21 AppendUint64:21 As:11 BlockSize:01 Bytes:01 Clone:02 Close:01 Control:11 CryptBlocks:20
Deadline:02 Decapsulate:12 DecodeUnified Decrypt:20,32 Done:01 Encapsulate:02 Encapsulator:01 Encrypt:20 Err:01
Error:01 F:00 Flag:11 Format:20 Glob:12 GoString:01 HashFunc:01 Info:02 Int63:01 Is:11 IsDir:01 Len:01 Less:21
Lock:00 Lstat:12 M:00 MarshalBinary:02 MarshalJSONTo ModTime:01 Mode:01 Name:01 Network:01 NewCBCDecrypter:11
NewCBCEncrypter:11 NewCTR:11 NewGCM:22 NonceSize:01 Open:10,12,42 Options Overhead:01 PollFD:01 Precision:02
Public:01 PutUint16:20 PutUint32:20 PutUint64:20 Read:11,12 ReadAt:22 ReadByte:02 ReadDir:12 ReadFile:12
ReadFrom:12,13 ReadLink:12 ReadRune:03 Replace:11 Reset:00,21 RuntimeError:00 Scan:11,21 Seal:41 Seed:10 Seek:22
Sign:32 SignMessage:32 Signal:00 Size:01 SkipSpace:00 StackPointer Stat:02,10,12 String:01 Sub:12 Sum:11
Sum32:01 Sum64:01 Swap:20 Sys:01 SyscallConn:02 Temporary:01 Timeout:01 Token:02,22 Type:01 Uint16:11 Uint32:11
Uint64:01,11 Unlock:00 UnmarshalBinary:11 UnmarshalJSONFrom UnreadByte:01 UnreadRune:01 Unwrap:01
Value:01,02,11 Width:02 Write:11,12 WriteAt:22 WriteByte:11 WriteString:12,22 WriteTo:12,22 XORKeyStream:20
`

// standardCallers are packages, and the methods that these may call and no others.
var standardCallers = [...][2]string{
	{
		`archive/tar`,
		`Gname:02 Uname:02`,
	},
	{
		`compress/lzw expvar image/gif image/jpeg net/http net/http/cgi net/http/cookiejar net/http/fcgi
		net/http/httptest net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc`,
		`Flush:00,01`,
	},
	{
		`container/heap expvar go/importer go/types net/http net/http/cgi net/http/cookiejar net/http/fcgi
		net/http/httptest net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc`,
		`Pop:01,02 Push:10,21`,
	},
	{
		`crypto/ecdh crypto/ecdsa crypto/elliptic crypto/hpke crypto/tls crypto/x509 expvar net/http net/http/cgi
		net/http/cookiejar net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/rpc
		net/rpc/jsonrpc net/smtp`,
		`ScalarBaseMult:12 ScalarMult:22,32 SetBytes:12`,
	},
	{
		`crypto/ecdh crypto/ecdsa crypto/hpke crypto/tls crypto/x509 expvar net/http net/http/cgi net/http/cookiejar
		net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc
		net/smtp`,
		`Curve:01 ECDH:12 PublicKey:01`,
	},
	{
		`crypto/ecdsa crypto/elliptic crypto/tls crypto/x509 expvar net/http net/http/cgi net/http/cookiejar
		net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc
		net/smtp`,
		`Add:21,42 Double:11,22 IsOnCurve:21 Params:01 Unmarshal:12 UnmarshalCompressed:12`,
	},
	{
		`crypto/ecdsa crypto/tls crypto/x509 crypto/x509/pkix encoding/asn1 expvar net/http net/http/cgi
		net/http/cookiejar net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/rpc
		net/rpc/jsonrpc net/smtp`,
		`Encode:10`,
	},
	{
		`crypto/tls crypto/x509 expvar log/syslog mime/multipart net net/http net/http/cgi net/http/cookiejar
		net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/mail net/rpc
		net/rpc/jsonrpc net/smtp net/textproto`,
		`Accept:02 Addr:01 LocalAddr:01 RemoteAddr:01 SetDeadline:11 SetReadDeadline:11 SetWriteDeadline:11`,
	},
	{
		`crypto/tls crypto/x509 expvar net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest
		net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp`,
		`Equal:11`,
	},
	{
		`crypto/tls expvar flag image/png net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest
		net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp testing
		testing/cryptotest testing/quick testing/slogtest testing/synctest`,
		`Get:01,12`,
	},
	{
		`crypto/tls expvar image/png net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest
		net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp`,
		`Put:10,20`,
	},
	{
		`crypto/tls expvar net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest net/http/httptrace
		net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp`,
		`ConstantTimeSum:11 SetIV:10`,
	},
	{
		`database/sql`,
		`Compose:41`,
	},
	{
		`database/sql database/sql/driver`,
		`Begin:02 BeginTx:22 CheckNamedValue:11 ColumnConverter:11 ColumnTypeDatabaseTypeName:11 ColumnTypeLength:12
		ColumnTypeNullable:12 ColumnTypePrecisionScale:13 ColumnTypeScanType:11 Columns:01 Commit:01 Connect:12
		ConvertValue:12 Decompose:14 Driver:01 Exec:12,22 ExecContext:22,32 HasNextResultSet:01 IsValid:01
		LastInsertId:02 NextResultSet:01 NumInput:01 OpenConnector:12 Ping:11 Prepare:12 PrepareContext:22 Query:12,22
		QueryContext:22,32 ResetSession:11 Rollback:01 RowsAffected:02`,
	},
	{
		`database/sql database/sql/driver debug/buildinfo debug/dwarf debug/elf debug/macho debug/pe go/importer
		net/smtp`,
		`Next:11,22`,
	},
	{
		`debug/buildinfo`,
		`DataReader:12 DataStart:02`,
	},
	{
		`debug/buildinfo debug/dwarf debug/elf debug/macho debug/pe go/importer`,
		`Basic:01 Common:01`,
	},
	{
		`debug/buildinfo debug/macho`,
		`Raw:01`,
	},
	{
		`encoding encoding/gob encoding/json encoding/xml expvar flag html/template log/slog net/http/httptest net/rpc
		net/rpc/jsonrpc runtime/coverage testing testing/cryptotest testing/quick testing/slogtest testing/synctest`,
		`AppendBinary:12 AppendText:12 MarshalText:02 UnmarshalText:11`,
	},
	{
		`encoding/gob net/rpc net/rpc/jsonrpc`,
		`GobDecode:11 GobEncode:02`,
	},
	{
		`encoding/json expvar html/template log/slog net/rpc net/rpc/jsonrpc runtime/coverage testing/slogtest`,
		`IsZero:01 MarshalJSON:02 UnmarshalJSON:11`,
	},
	{
		`encoding/xml`,
		`MarshalXML:21 MarshalXMLAttr:12 UnmarshalXML:21 UnmarshalXMLAttr:11`,
	},
	{
		`expvar net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest net/http/httputil
		net/http/pprof net/rpc net/rpc/jsonrpc`,
		`AdjustStream:20 Available:01 BaseContext:01 CancelRequest:10 CloseConn:01 CloseIdleConnections:00 CloseNotify:01
		CloseStream:10 CloseWrite:01 ConnectionState:01 Cookies:11 EnableFullDuplex:01 FlushError:01 Framer:01
		GetClientConn:22 Header:01 HeaderBlockFragment:01 HeaderEncoder:02 HeadersEnded:01 Hijack:03 InFlight:01
		IsHTTP2NoCachedConnError:00 MarkDead:10 NewClientConn:22 OpenStream:20 Readdir:12 Release:00 Reserve:01
		RoundTrip:12 RoundTripErr:01 ServeHTTP:20 SetCookies:20 StreamEnded:01 UnencryptedNetConn:01 WriteHeader:10`,
	},
	{
		`flag image/draw image/gif net/http/httptest testing testing/cryptotest testing/quick testing/slogtest
		testing/synctest`,
		`Set:11,30`,
	},
	{
		`flag net/http/httptest testing testing/cryptotest testing/quick testing/slogtest testing/synctest`,
		`IsBoolFlag:01`,
	},
	{
		`go/ast go/build go/doc go/format go/importer go/parser go/printer go/types`,
		`End:01 Pos:01 Visit:11`,
	},
	{
		`go/importer go/types`,
		`Alignof:11 Import:12 ImportFrom:32 Obj:01 Offsetsof:11 Sizeof:11 TypeParams:01 Underlying:01`,
	},
	{
		`image image/color image/color/palette image/draw image/gif image/jpeg image/png`,
		`Convert:11 RGBA:04`,
	},
	{
		`image image/draw image/gif image/jpeg image/png`,
		`At:21 Bounds:01 ColorIndexAt:21 ColorModel:01 Peek:12 RGBA64At:21`,
	},
	{
		`image/draw image/gif`,
		`Draw:40 Quantize:21 SetRGBA64:30`,
	},
	{
		`image/png`,
		`Opaque:01`,
	},
	{
		`log/slog testing/slogtest`,
		`Enabled:21 Handle:21 Level:01 LogValue:01 WithAttrs:11 WithGroup:11`,
	},
	{
		`net/http/cookiejar`,
		`PublicSuffix:11`,
	},
	{
		`net/http/pprof runtime/pprof`,
		`Label:11 Stack:11`,
	},
	{
		`net/rpc net/rpc/jsonrpc`,
		`ReadRequestBody:11 ReadRequestHeader:11 ReadResponseBody:11 ReadResponseHeader:11 WriteRequest:21
		WriteResponse:21`,
	},
	{
		`net/smtp`,
		`Start:13`,
	},
	{
		`testing testing/cryptotest testing/slogtest testing/synctest`,
		`CheckCorpus:21 CoordinateFuzzing:71 CrashPath:01 ImportPath:01 InitRuntimeCoverage:03 MatchString:22
		ModulePath:01 ReadCorpus:22 ResetCoverage:00 RunFuzzWorker:11 SetPanicOnExit0:10 SnapshotCoverage:00
		StartCPUProfile:11 StartTestLog:10 StopCPUProfile:00 StopTestLog:01 WriteProfileTo:31`,
	},
	{
		`testing/quick`,
		`Generate:21`,
	},
}

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
