import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Scanner;
import java.util.TreeSet;

/** Prints, for each type that is named on standard input, the methods that others may take the place of. */
class Standard {
	public static void main(String[] args) throws Exception {
		for (Scanner in = new Scanner(System.in); in.hasNextLine();) {
			String name = in.nextLine();
			TreeSet<String> methods = new TreeSet<>();
			add(methods, Class.forName(name));
			System.out.println(name + " " + String.join(" ", methods));
		}
	}

	static void add(TreeSet<String> methods, Class<?> type) {
		if (type == null) {
			return;
		}
		for (Method m : type.getDeclaredMethods()) {
			int is = m.getModifiers();
			if (!Modifier.isStatic(is) && !Modifier.isFinal(is) && (Modifier.isPublic(is) || Modifier.isProtected(is))) {
				methods.add(m.getName());
			}
		}
		add(methods, type.getSuperclass());
		for (Class<?> i : type.getInterfaces()) {
			add(methods, i);
		}
	}
}
