package conclave.server.admin;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * The process and the machine around the server. Host name and properties are of the moment of its
 * making.
 */
public final class JvmEnvironment {

  private static final List<String> PROPERTIES =
      List.of(
          "java.version",
          "java.vendor",
          "java.home",
          "java.class.path",
          "java.library.path",
          "java.io.tmpdir",
          "java.compiler",
          "os.name",
          "os.arch",
          "os.version",
          "user.name",
          "user.home",
          "user.dir");
  private static final long MIB = 1024 * 1024;

  private final List<Map.Entry<String, String>> fixed = new ArrayList<>();

  private JvmEnvironment() {}

  /** Looks the host's name up, which may take a while: to be called at start. */
  public static JvmEnvironment capture() {
    JvmEnvironment environment = new JvmEnvironment();
    environment.fixed.add(Map.entry("host.name", hostName()));
    for (String property : PROPERTIES) {
      environment.fixed.add(Map.entry(property, System.getProperty(property, "<NA>")));
    }
    return environment;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getCanonicalHostName();
    } catch (UnknownHostException e) {
      return "<NA>";
    }
  }

  /** In the order of {@code envi}, without the version. */
  public List<Map.Entry<String, String>> entries() {
    Runtime runtime = Runtime.getRuntime();
    List<Map.Entry<String, String>> entries = new ArrayList<>(fixed);
    entries.add(Map.entry("os.memory.free", runtime.freeMemory() / MIB + "MB"));
    entries.add(Map.entry("os.memory.max", runtime.maxMemory() / MIB + "MB"));
    entries.add(Map.entry("os.memory.total", runtime.totalMemory() / MIB + "MB"));
    return entries;
  }

  /** -1 where the system does not tell. */
  long openFileDescriptors() {
    return ofUnix(UnixOperatingSystemMXBean::getOpenFileDescriptorCount);
  }

  long maxFileDescriptors() {
    return ofUnix(UnixOperatingSystemMXBean::getMaxFileDescriptorCount);
  }

  private static long ofUnix(ToLongFunction<UnixOperatingSystemMXBean> value) {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? value.applyAsLong(unix)
        : -1;
  }
}
