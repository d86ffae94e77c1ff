import com.sun.source.tree.*;
import com.sun.source.util.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import javax.lang.model.element.*;
import javax.lang.model.type.*;
import javax.tools.*;

/**
 * What the Java files of a folder use of each other, by javac.
 *
 * <pre>java Truth.java attribute|parse FOLDER</pre>
 *
 * Prints lines of fields separated by tabs: "read FILE", "named FROM TO NAME" for a type
 * that the file spells, "unnamed FROM TO NAME" for one that it only uses by inference or
 * inheritance, "several FROM NAME" for an import that more than one file of the folder
 * could mean, "unread FILE".
 *
 * attribute has javac find out what each name means. What comes from outside of the folder
 * is not there, and no error. parse takes the import statements alone.
 */
public class Truth {
    static Path root;
    static final Set<String> lines = new TreeSet<>();

    public static void main(String[] args) throws Exception {
        root = Path.of(args[1]).toRealPath();
        List<Path> files;
        try (Stream<Path> all = Files.walk(root)) {
            files = all.filter(p -> p.toString().endsWith(".java") && Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS)
                    && !p.getFileName().toString().equals("module-info.java")).sorted().collect(Collectors.toList());
        }
        JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        List<String> options = List.of("-proc:none", "-implicit:none", "-Xmaxerrs", "1000000", "-XDshould-stop.ifError=FLOW", "-encoding", "UTF-8");
        StandardJavaFileManager manager = javac.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
        manager.setLocation(StandardLocation.CLASS_PATH, List.of());
        Set<String> unread = new HashSet<>();
        DiagnosticListener<JavaFileObject> listener = d -> {
            if (d.getKind() == Diagnostic.Kind.ERROR && d.getSource() != null && d.getCode().startsWith("compiler.err.expected")) {
                unread.add(path(d.getSource()));
            }
        };
        JavacTask task = (JavacTask) javac.getTask(Writer.nullWriter(), manager, listener, options, null, manager.getJavaFileObjectsFromPaths(files));
        List<CompilationUnitTree> units = new ArrayList<>();
        for (CompilationUnitTree unit : task.parse()) {
            units.add(unit);
            lines.add("read\t" + path(unit.getSourceFile()));
        }
        for (String file : unread) {
            lines.add("unread\t" + file);
        }
        if (args[0].equals("parse")) {
            imports(units);
        } else {
            task.analyze();
            Trees trees = Trees.instance(task);
            for (CompilationUnitTree unit : units) {
                new Uses(trees, path(unit.getSourceFile())).scan(unit, null);
            }
        }
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        lines.forEach(line -> out.print(line + "\n"));
        out.flush();
    }

    static String path(FileObject file) {
        return root.relativize(Path.of(file.toUri())).toString().replace(File.separatorChar, '/');
    }

    /** Resolves the import statements by what the files of the folder declare. */
    static void imports(List<CompilationUnitTree> units) {
        Map<String, Set<String>> declared = new HashMap<>();
        for (CompilationUnitTree unit : units) {
            String prefix = unit.getPackageName() == null ? "" : unit.getPackageName() + ".";
            for (Tree type : unit.getTypeDecls()) {
                if (type instanceof ClassTree) {
                    declared.computeIfAbsent(prefix + ((ClassTree) type).getSimpleName(), k -> new TreeSet<>()).add(path(unit.getSourceFile()));
                }
            }
        }
        for (CompilationUnitTree unit : units) {
            String from = path(unit.getSourceFile());
            for (ImportTree statement : unit.getImports()) {
                String name = statement.getQualifiedIdentifier().toString();
                for (String type = name; !type.isEmpty(); type = type.substring(0, Math.max(0, type.lastIndexOf('.')))) {
                    Set<String> files = declared.get(type);
                    if (files == null) {
                        continue;
                    }
                    if (files.size() == 1) {
                        note("named", from, files.iterator().next(), name);
                    } else {
                        lines.add("several\t" + from + "\t" + name);
                    }
                    break;
                }
            }
        }
    }

    static void note(String kind, String from, String to, String name) {
        if (!from.equals(to)) {
            lines.add(kind + "\t" + from + "\t" + to + "\t" + name);
        }
    }

    /** All types that one file uses. */
    static class Uses extends TreePathScanner<Void, Void> {
        static final Map<Element, String> places = new HashMap<>();
        final Trees trees;
        final String from;

        Uses(Trees trees, String from) {
            this.trees = trees;
            this.from = from;
        }

        @Override
        public Void scan(Tree tree, Void nothing) {
            if (tree != null) {
                TreePath path = getCurrentPath() == null ? new TreePath((CompilationUnitTree) tree) : new TreePath(getCurrentPath(), tree);
                Element element = trees.getElement(path);
                boolean spelled = tree instanceof IdentifierTree || tree instanceof MemberSelectTree;
                if (element != null && !(tree instanceof ClassTree) && !(tree instanceof CompilationUnitTree) && !(tree instanceof PackageTree)) {
                    boolean type = element.getKind().isClass() || element.getKind().isInterface();
                    use(spelled && type ? "named" : "unnamed", element);
                }
                if (tree instanceof ExpressionTree) {
                    type(trees.getTypeMirror(path));
                }
            }
            return super.scan(tree, nothing);
        }

        void type(TypeMirror type) {
            if (type != null && type.getKind() == TypeKind.ARRAY) {
                type(((ArrayType) type).getComponentType());
            } else if (type != null && type.getKind() == TypeKind.DECLARED) {
                use("unnamed", ((DeclaredType) type).asElement());
            }
        }

        void use(String kind, Element element) {
            Element top = element;
            while (top != null && top.getEnclosingElement() != null && top.getEnclosingElement().getKind() != ElementKind.PACKAGE) {
                top = top.getEnclosingElement();
            }
            if (top == null || !(top.getKind().isClass() || top.getKind().isInterface())) {
                return;
            }
            String to = places.computeIfAbsent(top, e -> {
                TreePath path = trees.getPath(e);
                return path == null ? "" : Truth.path(path.getCompilationUnit().getSourceFile());
            });
            if (!to.isEmpty()) {
                note(kind, from, to, element.getKind().isClass() || element.getKind().isInterface() ? element.toString() : element.getSimpleName().toString());
            }
        }
    }
}
