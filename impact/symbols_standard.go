package impact

import (
	"strings"
	"sync"
)

// Libraries call methods of values that they are handed, and their names stand nowhere in
// the tree. A method can be called so where a Go file of the tree imports a package of the
// standard library that declares an interface with it, or imports one that does: a test
// holds the lists against its source.

// calledByOthers says whether a library may call a method of this name, whatever is
// imported: it stands in an interface that much of the standard library knows, or in one of
// a library that is much used.
func calledByOthers(method string) bool { return othersCall()[method] }

var othersCall = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(standardMethods + knownMethods) {
		m[name] = true
	}
	return m
})

// isStandardMethod says whether much of the standard library asks for a method.
func isStandardMethod(name string) bool {
	return strings.Contains(standardMethods, "\n"+name+" ") || strings.Contains(standardMethods, " "+name+" ") || strings.Contains(standardMethods, " "+name+"\n")
}

// standardCalls lists for each method of standardCallers the packages that may call it.
var standardCalls = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for _, row := range standardCallers {
		packages := strings.Fields(row[0])
		for name := range strings.FieldsSeq(row[1]) {
			m[name] = packages
		}
	}
	return m
})

// standardMethods are the exported methods of the interfaces of the standard library which
// others can implement, without those of standardCallers.
const standardMethods = `
BytesX Chdir Getenv Marker VisitFuncs
AfterFunc AppendStackPointer AppendUint16 AppendUint32 AppendUint64 As BlockSize Bytes Clone Close Control
CryptBlocks Deadline Decapsulate DecodeUnified Decrypt Done Encapsulate Encapsulator Encrypt Err Error F Flag
Format Glob GoString HashFunc Info Int63 Is IsDir Len Less Lock Lstat M MarshalBinary MarshalJSONTo ModTime
Mode Name Network NewCBCDecrypter NewCBCEncrypter NewCTR NewGCM NonceSize Open Options Overhead PollFD
Precision Public PutUint16 PutUint32 PutUint64 Read ReadAt ReadByte ReadDir ReadFile ReadFrom ReadLink
ReadRune Replace Reset RuntimeError Scan Seal Seed Seek Sign SignMessage Signal Size SkipSpace StackPointer
Stat String Sub Sum Sum32 Sum64 Swap Sys SyscallConn Temporary Timeout Token Type Uint16 Uint32 Uint64 Unlock
UnmarshalBinary UnmarshalJSONFrom UnreadByte UnreadRune Unwrap Value Width Write WriteAt WriteByte WriteString
WriteTo XORKeyStream
`

// standardCallers are packages, and the methods that these may call and no others.
var standardCallers = [...][2]string{
	{
		`archive/tar`,
		`Gname Uname`,
	},
	{
		`compress/lzw expvar image/gif image/jpeg net/http net/http/cgi net/http/cookiejar net/http/fcgi
		net/http/httptest net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc`,
		`Flush`,
	},
	{
		`container/heap expvar go/importer go/types net/http net/http/cgi net/http/cookiejar net/http/fcgi
		net/http/httptest net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc`,
		`Pop Push`,
	},
	{
		`crypto/ecdh crypto/ecdsa crypto/elliptic crypto/hpke crypto/tls crypto/x509 expvar net/http net/http/cgi
		net/http/cookiejar net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/rpc
		net/rpc/jsonrpc net/smtp`,
		`ScalarBaseMult ScalarMult SetBytes`,
	},
	{
		`crypto/ecdh crypto/ecdsa crypto/hpke crypto/tls crypto/x509 expvar net/http net/http/cgi net/http/cookiejar
		net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc
		net/smtp`,
		`Curve ECDH PublicKey`,
	},
	{
		`crypto/ecdsa crypto/elliptic crypto/tls crypto/x509 expvar net/http net/http/cgi net/http/cookiejar
		net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc
		net/smtp`,
		`Add Double IsOnCurve Params Unmarshal UnmarshalCompressed`,
	},
	{
		`crypto/ecdsa crypto/tls crypto/x509 crypto/x509/pkix encoding/asn1 expvar net/http net/http/cgi
		net/http/cookiejar net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/rpc
		net/rpc/jsonrpc net/smtp`,
		`Encode`,
	},
	{
		`crypto/tls crypto/x509 expvar log/syslog mime/multipart net net/http net/http/cgi net/http/cookiejar
		net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/mail net/rpc
		net/rpc/jsonrpc net/smtp net/textproto`,
		`Accept Addr LocalAddr RemoteAddr SetDeadline SetReadDeadline SetWriteDeadline`,
	},
	{
		`crypto/tls crypto/x509 expvar net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest
		net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp`,
		`Equal`,
	},
	{
		`crypto/tls expvar flag image/png net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest
		net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp testing
		testing/cryptotest testing/quick testing/slogtest testing/synctest`,
		`Get`,
	},
	{
		`crypto/tls expvar image/png net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest
		net/http/httptrace net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp`,
		`Put`,
	},
	{
		`crypto/tls expvar net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest net/http/httptrace
		net/http/httputil net/http/pprof net/rpc net/rpc/jsonrpc net/smtp`,
		`ConstantTimeSum SetIV`,
	},
	{
		`database/sql`,
		`Compose`,
	},
	{
		`database/sql database/sql/driver`,
		`Begin BeginTx CheckNamedValue ColumnConverter ColumnTypeDatabaseTypeName ColumnTypeLength ColumnTypeNullable
		ColumnTypePrecisionScale ColumnTypeScanType Columns Commit Connect ConvertValue Decompose Driver Exec
		ExecContext HasNextResultSet IsValid LastInsertId NextResultSet NumInput OpenConnector Ping Prepare
		PrepareContext Query QueryContext ResetSession Rollback RowsAffected`,
	},
	{
		`database/sql database/sql/driver debug/buildinfo debug/dwarf debug/elf debug/macho debug/pe go/importer
		net/smtp`,
		`Next`,
	},
	{
		`debug/buildinfo`,
		`DataReader DataStart`,
	},
	{
		`debug/buildinfo debug/dwarf debug/elf debug/macho debug/pe go/importer`,
		`Basic Common`,
	},
	{
		`debug/buildinfo debug/macho`,
		`Raw`,
	},
	{
		`encoding encoding/gob encoding/json encoding/xml expvar flag html/template log/slog net/http/httptest net/rpc
		net/rpc/jsonrpc runtime/coverage testing testing/cryptotest testing/quick testing/slogtest testing/synctest`,
		`AppendBinary AppendText MarshalText UnmarshalText`,
	},
	{
		`encoding/gob net/rpc net/rpc/jsonrpc`,
		`GobDecode GobEncode`,
	},
	{
		`encoding/json expvar html/template log/slog net/rpc net/rpc/jsonrpc runtime/coverage testing/slogtest`,
		`IsZero MarshalJSON UnmarshalJSON`,
	},
	{
		`encoding/xml`,
		`MarshalXML MarshalXMLAttr UnmarshalXML UnmarshalXMLAttr`,
	},
	{
		`expvar net/http net/http/cgi net/http/cookiejar net/http/fcgi net/http/httptest net/http/httputil
		net/http/pprof net/rpc net/rpc/jsonrpc`,
		`AdjustStream Available BaseContext CancelRequest CloseConn CloseIdleConnections CloseNotify CloseStream
		CloseWrite ConnectionState Cookies EnableFullDuplex FlushError Framer GetClientConn Header HeaderBlockFragment
		HeaderEncoder HeadersEnded Hijack InFlight IsHTTP2NoCachedConnError MarkDead NewClientConn OpenStream Readdir
		Release Reserve RoundTrip RoundTripErr ServeHTTP SetCookies StreamEnded UnencryptedNetConn WriteHeader`,
	},
	{
		`flag image/draw image/gif net/http/httptest testing testing/cryptotest testing/quick testing/slogtest
		testing/synctest`,
		`Set`,
	},
	{
		`flag net/http/httptest testing testing/cryptotest testing/quick testing/slogtest testing/synctest`,
		`IsBoolFlag`,
	},
	{
		`go/ast go/build go/doc go/format go/importer go/parser go/printer go/types`,
		`End Pos Visit`,
	},
	{
		`go/importer go/types`,
		`Alignof Import ImportFrom Obj Offsetsof Sizeof TypeParams Underlying`,
	},
	{
		`image image/color image/color/palette image/draw image/gif image/jpeg image/png`,
		`Convert RGBA`,
	},
	{
		`image image/draw image/gif image/jpeg image/png`,
		`At Bounds ColorIndexAt ColorModel Peek RGBA64At`,
	},
	{
		`image/draw image/gif`,
		`Draw Quantize SetRGBA64`,
	},
	{
		`image/png`,
		`Opaque`,
	},
	{
		`log/slog testing/slogtest`,
		`Enabled Handle Level LogValue WithAttrs WithGroup`,
	},
	{
		`net/http/cookiejar`,
		`PublicSuffix`,
	},
	{
		`net/http/pprof runtime/pprof`,
		`Label Stack`,
	},
	{
		`net/rpc net/rpc/jsonrpc`,
		`ReadRequestBody ReadRequestHeader ReadResponseBody ReadResponseHeader WriteRequest WriteResponse`,
	},
	{
		`net/smtp`,
		`Start`,
	},
	{
		`testing testing/cryptotest testing/slogtest testing/synctest`,
		`CheckCorpus CoordinateFuzzing CrashPath ImportPath InitRuntimeCoverage MatchString ModulePath ReadCorpus
		ResetCoverage RunFuzzWorker SetPanicOnExit0 SnapshotCoverage StartCPUProfile StartTestLog StopCPUProfile
		StopTestLog WriteProfileTo`,
	},
	{
		`testing/quick`,
		`Generate`,
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
