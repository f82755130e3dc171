package conclave.compat.recipes;

import conclave.client.BlockingClient;
import conclave.client.ConclaveClient;
import conclave.protocol.CreateMode;
import conclave.recipes.Lock;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.jar.JarFile;

/** Loads what actors load, for the archive of their classes, and does a little of what they do. */
public final class RehearsingActor {
  private RehearsingActor() {}

  /**
   * @param arguments the server
   */
  public static void main(String[] arguments) throws Exception {
    try (ConclaveClient client = ActorHost.connect(arguments[0])) {
      BlockingClient direct = client.blocking();
      direct.create("/rehearsal", new byte[1], CreateMode.PERSISTENT);
      direct.setData("/rehearsal", new byte[2], -1);
      direct.getData("/rehearsal");
      new Lock(client, "/rehearsal").acquire().get().release().get();
    }
    loadAll(ConclaveClient.class, "conclave/client/");
    loadAll(Lock.class, "conclave/recipes/");
    loadAll(RehearsingActor.class, "conclave/compat/recipes/");
  }

  /** All classes of that jar whose names begin so. */
  private static void loadAll(Class<?> one, String prefix)
      throws IOException, ReflectiveOperationException {
    String jar =
        new File(one.getProtectionDomain().getCodeSource().getLocation().getPath()).getPath();
    List<String> entries;
    try (JarFile file = new JarFile(jar)) {
      entries = file.stream().map(entry -> entry.getName()).toList();
    }
    for (String entry : entries) {
      if (entry.startsWith(prefix) && entry.endsWith(".class") && !entry.endsWith("-info.class")) {
        String name = entry.substring(0, entry.length() - ".class".length()).replace('/', '.');
        Class.forName(name, false, RehearsingActor.class.getClassLoader());
      }
    }
  }
}
