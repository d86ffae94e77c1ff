package lang

import (
	"strings"
	"sync"
)

// JavaStandardMethods are the methods that a type of the standard library lets others take the
// place of, but for those of Object. It is known of the types that code most often makes others
// of.
func JavaStandardMethods(full string) (methods map[string]bool, known bool) {
	methods, known = javaStandard()[full]
	return methods, known
}

// JavaObjectMethods are methods that the language, its libraries or a launcher call of any class.
func JavaObjectMethods(name string) bool {
	switch name {
	case "equals", "hashCode", "toString", "clone", "finalize", "main", "premain", "agentmain", "shutdown",
		"readObject", "writeObject", "readObjectNoData", "readResolve", "writeReplace":
		return true
	}
	return false
}

var javaStandard = sync.OnceValue(func() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for row := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(javaStandardTypes, "\n\t", " ")), "\n") {
		types, list, _ := strings.Cut(row, ":")
		methods := map[string]bool{}
		for name := range strings.FieldsSeq(list) {
			methods[name] = true
		}
		for name := range strings.FieldsSeq(types) {
			all[name] = methods
		}
	}
	return all
})

// javaStandardTypes are types, and the names of their methods that are neither static nor final,
// with those that they have from others: as Java 17 has them, and some that came up to 25.
const javaStandardTypes = `
java.io.BufferedReader: close lines mark markSupported read readAllAsString readAllLines readLine ready reset skip
	transferTo
java.io.ByteArrayInputStream java.io.FilterInputStream java.io.InputStream: available close mark markSupported read
	readAllBytes readNBytes reset skip skipNBytes transferTo
java.io.ByteArrayOutputStream: close flush reset size toByteArray write writeBytes writeTo
java.io.CharConversionException java.io.EOFException java.io.FileNotFoundException java.io.IOError
	java.io.IOException java.io.InterruptedIOException java.io.InvalidClassException java.io.InvalidObjectException
	java.io.NotActiveException java.io.NotSerializableException java.io.OptionalDataException
	java.io.StreamCorruptedException java.io.SyncFailedException java.io.UncheckedIOException
	java.io.UnsupportedEncodingException java.io.WriteAbortedException java.lang.AbstractMethodError
	java.lang.ArithmeticException java.lang.ArrayIndexOutOfBoundsException java.lang.ArrayStoreException
	java.lang.AssertionError java.lang.BootstrapMethodError java.lang.ClassCastException
	java.lang.ClassCircularityError java.lang.CloneNotSupportedException java.lang.Error java.lang.Exception
	java.lang.IllegalAccessError java.lang.IllegalAccessException java.lang.IllegalArgumentException
	java.lang.IllegalCallerException java.lang.IllegalMonitorStateException java.lang.IllegalStateException
	java.lang.IllegalThreadStateException java.lang.IncompatibleClassChangeError java.lang.IndexOutOfBoundsException
	java.lang.InstantiationError java.lang.InstantiationException java.lang.InternalError
	java.lang.InterruptedException java.lang.LayerInstantiationException java.lang.LinkageError
	java.lang.NegativeArraySizeException java.lang.NoClassDefFoundError java.lang.NoSuchFieldError
	java.lang.NoSuchFieldException java.lang.NoSuchMethodError java.lang.NoSuchMethodException
	java.lang.NullPointerException java.lang.OutOfMemoryError java.lang.ReflectiveOperationException
	java.lang.RuntimeException java.lang.SecurityException java.lang.StackOverflowError
	java.lang.StringIndexOutOfBoundsException java.lang.ThreadDeath java.lang.Throwable java.lang.UnknownError
	java.lang.UnsatisfiedLinkError java.lang.UnsupportedClassVersionError java.lang.UnsupportedOperationException
	java.lang.VerifyError java.lang.VirtualMachineError java.lang.reflect.InaccessibleObjectException
	java.lang.reflect.MalformedParameterizedTypeException java.lang.reflect.MalformedParametersException
	java.util.EmptyStackException java.util.InputMismatchException java.util.NoSuchElementException
	java.util.ServiceConfigurationError java.util.TooManyListenersException java.util.concurrent.BrokenBarrierException
	java.util.concurrent.CancellationException java.util.concurrent.CompletionException
	java.util.concurrent.ExecutionException java.util.concurrent.RejectedExecutionException
	java.util.concurrent.TimeoutException: fillInStackTrace getCause getLocalizedMessage getMessage getStackTrace
	initCause printStackTrace setStackTrace
java.io.Closeable java.lang.AutoCloseable: close
java.io.Externalizable: readExternal writeExternal
java.io.FileFilter java.io.FilenameFilter java.util.function.ObjDoubleConsumer java.util.function.ObjIntConsumer
	java.util.function.ObjLongConsumer: accept
java.io.FilterOutputStream java.io.OutputStream: close flush write
java.io.FilterReader java.io.Reader: close mark markSupported read readAllAsString readAllLines ready reset skip
	transferTo
java.io.FilterWriter java.io.Writer: append close flush write
java.io.Flushable: flush
java.io.Serializable java.lang.Cloneable java.lang.Record java.util.EventListener java.util.RandomAccess:
java.lang.Appendable: append
java.lang.CharSequence: charAt chars codePoints getChars isEmpty length subSequence
java.lang.ClassNotFoundException: fillInStackTrace getCause getException getLocalizedMessage getMessage
	getStackTrace initCause printStackTrace setStackTrace
java.lang.Comparable: compareTo
java.lang.Iterable: forEach iterator spliterator
java.lang.Number: byteValue doubleValue floatValue intValue longValue shortValue
java.lang.Readable: read
java.lang.Runnable: run
java.lang.Thread: countStackFrames getContextClassLoader getId getStackTrace getState getUncaughtExceptionHandler
	interrupt isInterrupted run setContextClassLoader setUncaughtExceptionHandler start
java.lang.Thread.UncaughtExceptionHandler: uncaughtException
java.lang.reflect.GenericArrayType: getGenericComponentType getTypeName
java.lang.reflect.InvocationHandler: invoke
java.lang.reflect.InvocationTargetException: fillInStackTrace getCause getLocalizedMessage getMessage getStackTrace
	getTargetException initCause printStackTrace setStackTrace
java.lang.reflect.ParameterizedType: getActualTypeArguments getOwnerType getRawType getTypeName
java.lang.reflect.Type: getTypeName
java.lang.reflect.WildcardType: getLowerBounds getTypeName getUpperBounds
java.util.AbstractCollection java.util.AbstractSet java.util.Collection java.util.HashSet java.util.Set: add addAll
	clear contains containsAll forEach isEmpty iterator parallelStream remove removeAll removeIf retainAll size
	spliterator stream toArray
java.util.AbstractList java.util.AbstractSequentialList: add addAll addFirst addLast clear contains containsAll
	forEach get getFirst getLast indexOf isEmpty iterator lastIndexOf listIterator parallelStream remove removeAll
	removeFirst removeIf removeLast removeRange replaceAll retainAll reversed set size sort spliterator stream subList
	toArray
java.util.AbstractMap java.util.HashMap java.util.Map: clear compute computeIfAbsent computeIfPresent containsKey
	containsValue entrySet forEach get getOrDefault isEmpty keySet merge put putAll putIfAbsent remove replace
	replaceAll size values
java.util.AbstractQueue java.util.Queue: add addAll clear contains containsAll element forEach isEmpty iterator
	offer parallelStream peek poll remove removeAll removeIf retainAll size spliterator stream toArray
java.util.ArrayList: add addAll addFirst addLast clear contains containsAll ensureCapacity forEach get getFirst
	getLast indexOf isEmpty iterator lastIndexOf listIterator parallelStream remove removeAll removeFirst removeIf
	removeLast removeRange replaceAll retainAll reversed set size sort spliterator stream subList toArray trimToSize
java.util.Comparator: compare reversed thenComparing thenComparingDouble thenComparingInt thenComparingLong
java.util.Deque: add addAll addFirst addLast clear contains containsAll descendingIterator element forEach getFirst
	getLast isEmpty iterator offer offerFirst offerLast parallelStream peek peekFirst peekLast poll pollFirst pollLast
	pop push remove removeAll removeFirst removeFirstOccurrence removeIf removeLast removeLastOccurrence retainAll
	reversed size spliterator stream toArray
java.util.Enumeration: asIterator hasMoreElements nextElement
java.util.Iterator java.util.PrimitiveIterator: forEachRemaining hasNext next remove
java.util.LinkedHashMap: clear compute computeIfAbsent computeIfPresent containsKey containsValue entrySet
	firstEntry forEach get getOrDefault isEmpty keySet lastEntry merge pollFirstEntry pollLastEntry put putAll putFirst
	putIfAbsent putLast remove removeEldestEntry replace replaceAll reversed sequencedEntrySet sequencedKeySet
	sequencedValues size values
java.util.List: add addAll addFirst addLast clear contains containsAll forEach get getFirst getLast indexOf isEmpty
	iterator lastIndexOf listIterator parallelStream remove removeAll removeFirst removeIf removeLast replaceAll
	retainAll reversed set size sort spliterator stream subList toArray
java.util.ListIterator: add forEachRemaining hasNext hasPrevious next nextIndex previous previousIndex remove set
java.util.Map.Entry: getKey getValue setValue
java.util.NavigableMap: ceilingEntry ceilingKey clear comparator compute computeIfAbsent computeIfPresent
	containsKey containsValue descendingKeySet descendingMap entrySet firstEntry firstKey floorEntry floorKey forEach
	get getOrDefault headMap higherEntry higherKey isEmpty keySet lastEntry lastKey lowerEntry lowerKey merge
	navigableKeySet pollFirstEntry pollLastEntry put putAll putFirst putIfAbsent putLast remove replace replaceAll
	reversed sequencedEntrySet sequencedKeySet sequencedValues size subMap tailMap values
java.util.NavigableSet: add addAll addFirst addLast ceiling clear comparator contains containsAll descendingIterator
	descendingSet first floor forEach getFirst getLast headSet higher isEmpty iterator last lower parallelStream
	pollFirst pollLast remove removeAll removeFirst removeIf removeLast retainAll reversed size spliterator stream
	subSet tailSet toArray
java.util.Observer: update
java.util.Properties: clear compute computeIfAbsent computeIfPresent contains containsKey containsValue elements
	entrySet forEach get getOrDefault getProperty isEmpty keySet keys list load loadFromXML merge propertyNames put
	putAll putIfAbsent rehash remove replace replaceAll save setProperty size store storeToXML stringPropertyNames
	values
java.util.SortedMap: clear comparator compute computeIfAbsent computeIfPresent containsKey containsValue entrySet
	firstEntry firstKey forEach get getOrDefault headMap isEmpty keySet lastEntry lastKey merge pollFirstEntry
	pollLastEntry put putAll putFirst putIfAbsent putLast remove replace replaceAll reversed sequencedEntrySet
	sequencedKeySet sequencedValues size subMap tailMap values
java.util.SortedSet: add addAll addFirst addLast clear comparator contains containsAll first forEach getFirst
	getLast headSet isEmpty iterator last parallelStream remove removeAll removeFirst removeIf removeLast retainAll
	reversed size spliterator stream subSet tailSet toArray
java.util.Spliterator: characteristics estimateSize forEachRemaining getComparator getExactSizeIfKnown
	hasCharacteristics tryAdvance trySplit
java.util.TimerTask: cancel run scheduledExecutionTime
java.util.concurrent.Callable: call
java.util.concurrent.Delayed: compareTo getDelay
java.util.concurrent.Executor: execute
java.util.concurrent.ExecutorService: awaitTermination execute invokeAll invokeAny isShutdown isTerminated shutdown
	shutdownNow submit
java.util.concurrent.Future: cancel get isCancelled isDone
java.util.concurrent.RejectedExecutionHandler: rejectedExecution
java.util.concurrent.RunnableFuture: cancel get isCancelled isDone run
java.util.concurrent.ThreadFactory: newThread
java.util.function.BiConsumer java.util.function.Consumer java.util.function.DoubleConsumer
	java.util.function.IntConsumer java.util.function.LongConsumer: accept andThen
java.util.function.BiFunction java.util.function.BinaryOperator: andThen apply
java.util.function.BiPredicate java.util.function.DoublePredicate java.util.function.IntPredicate
	java.util.function.LongPredicate java.util.function.Predicate: and negate or test
java.util.function.BooleanSupplier: getAsBoolean
java.util.function.DoubleBinaryOperator java.util.function.IntToDoubleFunction
	java.util.function.LongToDoubleFunction java.util.function.ToDoubleBiFunction java.util.function.ToDoubleFunction:
	applyAsDouble
java.util.function.DoubleFunction java.util.function.IntFunction java.util.function.LongFunction: apply
java.util.function.DoubleSupplier: getAsDouble
java.util.function.DoubleToIntFunction java.util.function.IntBinaryOperator java.util.function.LongToIntFunction
	java.util.function.ToIntBiFunction java.util.function.ToIntFunction: applyAsInt
java.util.function.DoubleToLongFunction java.util.function.IntToLongFunction java.util.function.LongBinaryOperator
	java.util.function.ToLongBiFunction java.util.function.ToLongFunction: applyAsLong
java.util.function.DoubleUnaryOperator: andThen applyAsDouble compose
java.util.function.Function java.util.function.UnaryOperator: andThen apply compose
java.util.function.IntSupplier: getAsInt
java.util.function.IntUnaryOperator: andThen applyAsInt compose
java.util.function.LongSupplier: getAsLong
java.util.function.LongUnaryOperator: andThen applyAsLong compose
java.util.function.Supplier: get
`
