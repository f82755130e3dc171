package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The official client of 3.5.10 in a class loader of its own, driven by reflection. */
final class OldClientTest extends OneServer {
  @Test
  void speaksToTheServer() throws Exception {
    try (Loader loader = new Loader()) {
      BlockingQueue<String> events = new LinkedBlockingQueue<>();
      Class<?> clientClass = loader.loadClass("org.apache.zookeeper.ZooKeeper");
      assertThat(loader.loadClass("org.apache.zookeeper.version.Info").getField("MINOR").get(null))
          .isEqualTo(5);
      Object watcher = watcher(loader, events);
      Object client =
          clientClass
              .getConstructor(
                  String.class, int.class, loader.loadClass("org.apache.zookeeper.Watcher"))
              .newInstance(server.connectString() + root, 30_000, watcher);
      try {
        assertThat(events.poll(60, TimeUnit.SECONDS)).contains("SyncConnected");
        exercise(loader, client, events);
      } finally {
        call(client, "close");
      }
    }
  }

  private void exercise(Loader loader, Object client, BlockingQueue<String> events)
      throws Exception {
    Object open =
        loader.loadClass("org.apache.zookeeper.ZooDefs$Ids").getField("OPEN_ACL_UNSAFE").get(null);
    assertThat(create(loader, client, "/a", open, "PERSISTENT")).isEqualTo("/a");
    assertThat(create(loader, client, "/a/s", open, "EPHEMERAL_SEQUENTIAL"))
        .isEqualTo("/a/s0000000000");
    assertThat(create(loader, client, "/c", open, "CONTAINER")).isEqualTo("/c");
    assertThat(call(client, "getChildren", "/a", true)).isEqualTo(List.of("s0000000000"));
    call(client, "delete", "/a/s0000000000", -1);
    assertThat(events.poll(60, TimeUnit.SECONDS)).contains("NodeChildrenChanged", "/a");
    assertThat(call(client, "exists", "/b", true)).isNull();
    create(loader, client, "/b", open, "EPHEMERAL");
    assertThat(events.poll(60, TimeUnit.SECONDS)).contains("NodeCreated", "/b");
    Object stat = call(client, "setData", "/a", new byte[] {1, 2}, 0);
    assertThat(stat).isNotNull();
    assertThat(call(Objects.requireNonNull(stat), "getVersion")).isEqualTo(1);
    byte[] data = (byte[]) call(client, "getData", "/a", false, null);
    assertThat(data).containsExactly(1, 2);
  }

  private static @Nullable Object create(
      Loader loader, Object client, String path, Object acl, String mode) throws Exception {
    Class<?> modes = loader.loadClass("org.apache.zookeeper.CreateMode");
    return call(client, "create", path, new byte[0], acl, modes.getField(mode).get(null));
  }

  /** Calls the method whose parameters take these arguments; null fits every reference. */
  private static @Nullable Object call(Object target, String name, @Nullable Object... arguments)
      throws Exception {
    for (Method method : target.getClass().getMethods()) {
      if (method.getName().equals(name) && fits(method.getParameterTypes(), arguments)) {
        return method.invoke(target, arguments);
      }
    }
    throw new NoSuchMethodException(name + Arrays.toString(arguments));
  }

  private static boolean fits(Class<?>[] types, @Nullable Object[] arguments) {
    if (types.length != arguments.length) {
      return false;
    }
    for (int i = 0; i < types.length; i++) {
      Object argument = arguments[i];
      boolean matches =
          types[i] == boolean.class
              ? argument instanceof Boolean
              : types[i] == int.class
                  ? argument instanceof Integer
                  : argument == null
                      ? types[i].getSimpleName().equals("Stat")
                      : types[i].isInstance(argument);
      if (!matches) {
        return false;
      }
    }
    return true;
  }

  private static Object watcher(Loader loader, BlockingQueue<String> events) throws Exception {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.getName().equals("process")) {
            events.add(String.valueOf(arguments[0]));
            return null;
          }
          return switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            default -> "watcher";
          };
        };
    Class<?> type = loader.loadClass("org.apache.zookeeper.Watcher");
    return Proxy.newProxyInstance(loader, new Class<?>[] {type}, handler);
  }

  /** Finds the old client's classes before those of the suite's own class path. */
  private static final class Loader extends URLClassLoader {
    Loader() {
      super(jars(), OldClientTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("org.apache.zookeeper.") && !name.startsWith("org.apache.jute.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
    }

    private static URL[] jars() {
      File folder = new File(System.getProperty("conclave.compat.oldClient", "target/old-client"));
      File[] jars = folder.listFiles((parent, name) -> name.endsWith(".jar"));
      if (jars == null || jars.length == 0) {
        throw new IllegalStateException("no client in " + folder);
      }
      return Arrays.stream(jars).map(Loader::url).toArray(URL[]::new);
    }

    private static URL url(File file) {
      try {
        return file.toURI().toURL();
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException(file.toString(), e);
      }
    }
  }
}
