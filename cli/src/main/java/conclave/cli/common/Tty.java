package conclave.cli.common;

import java.io.Console;
import java.lang.reflect.InvocationTargetException;

/** Whether somebody sits at a terminal. */
public final class Tty {
  private Tty() {}

  /** Whether both standard input and standard output are a terminal. */
  public static boolean isInteractive() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      // From Java 22 on there is a console without a terminal too, and a method that tells.
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException olderJava) {
      return true;
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("Console.isTerminal can't be asked", e);
    }
  }
}
