import com.sun.source.tree.*;
import com.sun.source.util.*;
import java.io.*;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import javax.lang.model.element.Modifier;
import javax.tools.*;

/** What javac's own parser says that files define: a JSON object a line for each path read. */
public class Definitions {
    static SourcePositions positions;
    static CompilationUnitTree unit;
    static String text;
    static List<String> out;

    public static void main(String[] args) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream print = new PrintStream(new BufferedOutputStream(System.out), false, "UTF-8");
        for (String path; (path = in.readLine()) != null; ) {
            text = Files.readString(Path.of(path));
            String source = text;
            DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
            JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///X.java"), JavaFileObject.Kind.SOURCE) {
                @Override
                public CharSequence getCharContent(boolean ignore) {
                    return source;
                }
            };
            JavacTask task = (JavacTask) compiler.getTask(null, null, problems, List.of("-proc:none"), null, List.of(file));
            unit = task.parse().iterator().next();
            positions = Trees.instance(task).getSourcePositions();
            out = new ArrayList<>();
            boolean refused = problems.getDiagnostics().stream().anyMatch(d -> d.getKind() == Diagnostic.Kind.ERROR);
            for (Tree type : unit.getTypeDecls()) {
                if (type instanceof ClassTree) {
                    type((ClassTree) type, "", true, 0);
                }
            }
            print.println(refused ? "{\"path\":" + quote(path) + ",\"refused\":true}"
                    : "{\"path\":" + quote(path) + ",\"definitions\":[" + String.join(",", out) + "]}");
        }
        print.flush();
    }

    static String quote(String s) {
        return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    static void type(ClassTree c, String prefix, boolean exported, int depth) {
        String name = prefix + c.getSimpleName();
        boolean visible = exported && !c.getModifiers().getFlags().contains(Modifier.PRIVATE);
        String kind = switch (c.getKind()) {
            case INTERFACE, ANNOTATION_TYPE -> "interface";
            case ENUM -> "enum";
            default -> "class";
        };
        add(name, kind, visible, c, c.getModifiers());
        if (depth >= 8) {
            return;
        }
        boolean shared = kind.equals("interface");
        for (Tree m : c.getMembers()) {
            if (m instanceof ClassTree t) {
                type(t, name + ".", visible, depth + 1);
            } else if (m instanceof MethodTree t) {
                if (positions.getEndPosition(unit, t) < 0) {
                    continue;
                }
                String own = t.getName().contentEquals("<init>") ? c.getSimpleName().toString() : t.getName().toString();
                add(name + "." + own, "method", visible && !t.getModifiers().getFlags().contains(Modifier.PRIVATE), t, t.getModifiers());
            } else if (m instanceof VariableTree t) {
                Set<Modifier> flags = t.getModifiers().getFlags();
                boolean constant = shared || flags.contains(Modifier.STATIC) && flags.contains(Modifier.FINAL);
                if (component(c, t)) {
                    continue;
                }
                add(name + "." + t.getName(), constant ? "constant" : "variable", visible && !flags.contains(Modifier.PRIVATE), t, t.getModifiers());
            }
        }
    }

    /** Components of a record stand before its brace. */
    static boolean component(ClassTree c, VariableTree v) {
        if (c.getKind() != Tree.Kind.RECORD) {
            return false;
        }
        long at = positions.getStartPosition(unit, v);
        int depth = 0;
        int from = (int) positions.getStartPosition(unit, c);
        for (int i = from; i < at; i++) {
            if (text.charAt(i) == '{' && !text.substring(from, i).matches("(?s).*\\([^)]*")) {
                return false;
            }
        }
        return true;
    }

    static void add(String name, String kind, boolean exported, Tree tree, ModifiersTree modifiers) {
        long start = positions.getStartPosition(unit, tree);
        long end = positions.getEndPosition(unit, tree);
        List<AnnotationTree> annotations = new ArrayList<>(modifiers.getAnnotations());
        annotations.sort(Comparator.comparingLong(a -> positions.getStartPosition(unit, a)));
        for (AnnotationTree a : annotations) {
            if (positions.getStartPosition(unit, a) == start) {
                start = skip((int) positions.getEndPosition(unit, a));
            }
        }
        LineMap lines = unit.getLineMap();
        out.add("[" + quote(name) + "," + quote(kind) + "," + exported + "," + lines.getLineNumber(start) + "," + lines.getLineNumber(end - 1) + "]");
    }

    /** The first place behind at that is neither white space nor comment. */
    static int skip(int at) {
        while (at < text.length()) {
            if (Character.isWhitespace(text.charAt(at))) {
                at++;
            } else if (text.startsWith("//", at)) {
                at = text.indexOf('\n', at);
            } else if (text.startsWith("/*", at)) {
                at = text.indexOf("*/", at) + 2;
            } else {
                return at;
            }
        }
        return at;
    }
}
