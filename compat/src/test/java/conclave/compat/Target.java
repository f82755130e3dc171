package conclave.compat;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A server implementation that the suite can run against. */
public enum Target {
  /** The oracle: every expectation is proven on it first. */
  APACHE {
    @Override
    List<String> command(Path config) {
      return List.of("org.apache.zookeeper.server.quorum.QuorumPeerMain", config.toString());
    }

    @Override
    boolean takes(String classPathEntry) {
      return classPathEntry.endsWith(".jar") && !classPathEntry.contains("conclave-");
    }
  },

  /** The newest 3.8: what many have in production. */
  APACHE_3_8 {
    @Override
    List<String> command(Path config) {
      return APACHE.command(config);
    }

    @Override
    boolean takes(String classPathEntry) {
      return takesBesideOld(classPathEntry);
    }

    @Override
    String classPath() {
      return oldJars("conclave.compat.apache38") + File.pathSeparator + super.classPath();
    }
  },

  /** The newest 3.6: the oldest that a rolling replacement is promised for. */
  APACHE_3_6 {
    @Override
    List<String> command(Path config) {
      return APACHE.command(config);
    }

    @Override
    boolean takes(String classPathEntry) {
      return takesBesideOld(classPathEntry);
    }

    @Override
    String classPath() {
      return oldJars("conclave.compat.apache36") + File.pathSeparator + super.classPath();
    }
  },

  /** The server under test, on a class path without any class of the oracle. */
  CONCLAVE {
    @Override
    List<String> command(Path config) {
      return List.of("conclave.cli.Main", "server", config.toString());
    }

    @Override
    boolean takes(String classPathEntry) {
      return !classPathEntry.contains("zookeeper-")
          && !classPathEntry.contains("curator-")
          && !classPathEntry.endsWith("test-classes");
    }
  };

  /** The main class and its arguments. */
  abstract List<String> command(Path config);

  abstract boolean takes(String classPathEntry);

  public boolean isApache() {
    return this != CONCLAVE;
  }

  /** The libraries are those of the newest version; only ZooKeeper's own jars are old. */
  private static boolean takesBesideOld(String classPathEntry) {
    return APACHE.takes(classPathEntry)
        && !Path.of(classPathEntry).getFileName().toString().startsWith("zookeeper");
  }

  private static String oldJars(String property) {
    return System.getProperty(property) + File.separator + "*";
  }

  /** The part of this JVM's class path that the server needs. */
  String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(this::takes)
        .filter(entry -> entry.endsWith("*") || new File(entry).exists())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** What {@code -Dconclave.compat.target} asks for, the oracle first. */
  static List<Target> selected() {
    String choice = System.getProperty("conclave.compat.target", "both");
    if (choice.equals("both")) {
      return List.of(APACHE, CONCLAVE);
    }
    return List.of(valueOf(choice.toUpperCase(Locale.ROOT)));
  }
}
