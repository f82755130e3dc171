package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/**
 * The classes that processes of one kind load, parsed and verified once for all of a test run: half
 * of what a start costs, and the suite starts hundreds.
 *
 * <p>The JVM makes such an archive at the end of a process, for its class path and nothing else,
 * and only when that has jars alone. So there is none when the other modules are there as folders
 * of classes, as in {@code mvn test}, and the processes start as they always do.
 */
public final class ClassArchive {
  private static final long LIMIT_SECONDS = 120;

  private static final Map<String, List<String>> FLAGS = new HashMap<>();

  /** The life of a process that loads what others of its kind will load. */
  public interface Rehearsal {
    /**
     * Starts it and waits for its end.
     *
     * @param java the command up to and without the main class
     * @param home a directory of its own
     */
    void run(List<String> java, Path home) throws IOException, InterruptedException;
  }

  private ClassArchive() {}

  /** For a JVM with the class path of that server; none where it has no archive. */
  static List<String> flags(Target target) {
    Rehearsal rehearsal =
        target.isApache()
            ? (java, home) -> runApache(target, java, home)
            : (java, home) -> awaitEnd(start(plus(java, List.of("conclave.cli.Warmup")), home));
    return flags(target.toString(), target.classPath(), rehearsal);
  }

  /** For a JVM with this class path; none where there can be no archive. */
  public static synchronized List<String> flags(
      String kind, String classPath, Rehearsal rehearsal) {
    List<String> flags = FLAGS.get(kind);
    if (flags == null) {
      flags = find(kind, classPath, rehearsal);
      FLAGS.put(kind, flags);
    }
    return flags;
  }

  private static List<String> find(String kind, String classPath, Rehearsal rehearsal) {
    String directory = System.getProperty("conclave.compat.archives");
    String key = key(classPath);
    if (directory == null || key == null) {
      return List.of();
    }
    try {
      Path archive = Files.createDirectories(Path.of(directory)).resolve(kind + key + ".jsa");
      Path lock = archive.resolveSibling(archive.getFileName() + ".lock");
      // The suite has several JVMs: one makes it, the others wait for it.
      try (FileChannel channel =
              FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = channel.lock()) {
        if (held.isValid() && !Files.exists(archive)) {
          make(kind, classPath, rehearsal, archive);
        }
      }
      if (Files.size(archive) == 0) {
        return List.of();
      }
      // An archive that the JVM does not like is no reason to say something on anybody's output.
      return List.of("-XX:SharedArchiveFile=" + archive, "-Xshare:auto", "-Xlog:all=error");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Changes with the JVM and with every jar; null when not all are jars. */
  private static @Nullable String key(String classPath) {
    List<Object> all = new ArrayList<>();
    all.add(System.getProperty("java.home"));
    all.add(System.getProperty("java.vm.version"));
    for (String entry : classPath.split(File.pathSeparator)) {
      File file = new File(entry);
      if (!file.isFile()) {
        return null;
      }
      all.addAll(List.of(entry, file.length(), file.lastModified()));
    }
    return "-" + Integer.toHexString(all.hashCode());
  }

  /** Leaves an empty file where it did not work: nothing is lost but time. */
  private static void make(String kind, String classPath, Rehearsal rehearsal, Path archive)
      throws IOException {
    Path home = Files.createTempDirectory(archive.getParent(), "making");
    Path made = home.resolve("made.jsa");
    List<String> java = new ArrayList<>();
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    java.addAll(List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    java.add("-XX:ArchiveClassesAtExit=" + made);
    java.addAll(List.of("-cp", classPath));
    try {
      rehearsal.run(java, home);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!Files.exists(made)) {
      System.err.println("No archive of classes for " + kind + ": see " + home);
      Files.createFile(made);
    }
    Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
  }

  /** An ensemble of one, which takes most of what a server alone takes and of what members do. */
  private static void runApache(Target target, List<String> java, Path home)
      throws IOException, InterruptedException {
    int port = ServerProcess.freePort();
    Path data = Files.createDirectory(home.resolve("data"));
    Files.writeString(data.resolve("myid"), "1", UTF_8);
    String text =
        "dataDir=%s%ntickTime=2000%ninitLimit=10%nsyncLimit=5%nstandaloneEnabled=false%n"
            + "admin.enableServer=false%n4lw.commands.whitelist=*%n"
            + "server.1=127.0.0.1:%d:%d:participant;127.0.0.1:%d%n";
    Path config =
        Files.writeString(
            home.resolve("zoo.cfg"),
            text.formatted(data, ServerProcess.freePort(), ServerProcess.freePort(), port),
            UTF_8);
    Process process = start(plus(java, target.command(config)), home);
    try (ZooKeeper client = new ZooKeeper("127.0.0.1:" + port, 10_000, event -> {})) {
      await().atMost(Duration.ofSeconds(LIMIT_SECONDS)).until(() -> use(client));
    }
    process.destroy();
    awaitEnd(process);
  }

  private static boolean use(ZooKeeper client) throws InterruptedException {
    try {
      client.create("/a", new byte[1], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
      client.setData("/a", new byte[2], -1);
      client.getData("/a", true, null);
      client.getChildren("/", true);
      client.delete("/a", -1);
      return true;
    } catch (KeeperException notYet) {
      return false;
    }
  }

  private static List<String> plus(List<String> java, List<String> main) {
    List<String> command = new ArrayList<>(java);
    command.addAll(main);
    return command;
  }

  private static Process start(List<String> command, Path home) throws IOException {
    return new ProcessBuilder(command)
        .directory(home.toFile())
        .redirectErrorStream(true)
        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
        .redirectOutput(home.resolve("output.log").toFile())
        .start();
  }

  private static void awaitEnd(Process process) throws InterruptedException {
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
