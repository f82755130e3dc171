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
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/**
 * The classes that a server loads, parsed and verified once for all processes of a test run: half
 * of what a start costs, and the suite starts hundreds.
 *
 * <p>The JVM makes such an archive at the end of a process, for its class path and nothing else,
 * and only when that has jars alone. So there is none when the other modules are there as folders
 * of classes, as in {@code mvn test}, and the processes start as they always do.
 */
final class ClassArchive {
  private static final long LIMIT_SECONDS = 120;

  private static final Map<Target, List<String>> FLAGS = new ConcurrentHashMap<>();

  private ClassArchive() {}

  /** For a JVM with the class path of that server; none where it has no archive. */
  static List<String> flags(Target target) {
    return FLAGS.computeIfAbsent(target, ClassArchive::find);
  }

  private static List<String> find(Target target) {
    String directory = System.getProperty("conclave.compat.archives");
    String key = key(target.classPath());
    if (directory == null || key == null) {
      return List.of();
    }
    try {
      Path archive = Files.createDirectories(Path.of(directory)).resolve(target + key + ".jsa");
      Path lock = archive.resolveSibling(archive.getFileName() + ".lock");
      // The suite has several JVMs: one makes it, the others wait for it.
      try (FileChannel channel =
              FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = channel.lock()) {
        if (held.isValid() && !Files.exists(archive)) {
          make(target, archive);
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
  private static void make(Target target, Path archive) throws IOException {
    Path home = Files.createTempDirectory(archive.getParent(), "making");
    Path made = home.resolve("made.jsa");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-XX:ArchiveClassesAtExit=" + made);
    command.addAll(List.of("-cp", target.classPath()));
    try {
      if (target.isApache()) {
        runApache(target, command, home);
      } else {
        command.add("conclave.cli.Warmup");
        awaitEnd(start(command, home));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!Files.exists(made)) {
      System.err.println("No archive of classes for " + target + ": see " + home);
      Files.createFile(made);
    }
    Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
  }

  /** An ensemble of one, which takes most of what a server alone takes and of what members do. */
  private static void runApache(Target target, List<String> command, Path home)
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
    command.addAll(target.command(config));
    Process process = start(command, home);
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
