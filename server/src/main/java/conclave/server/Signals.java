package conclave.server;

import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signals to the process. They are the one thing that the JDK has no supported way for; its own
 * class for them is in every JVM, but a compiler that treats warnings as errors can't name it.
 */
public final class Signals {
  private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

  private Signals() {}

  /**
   * Has a signal handled instead of ending the process.
   *
   * @param name {@code TERM} or {@code INT}
   * @param handler gets the name, on a thread of the JVM's
   */
  public static void handle(String name, Consumer<String> handler) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlers = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              handlers.getClassLoader(),
              new Class<?>[] {handlers},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  handler.accept(name);
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handlers)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException e) {
      LOG.warn("SIG{} can't be handled by this JVM; it will end the process at once.", name, e);
    }
  }
}
