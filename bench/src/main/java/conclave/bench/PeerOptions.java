package conclave.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the commands that start servers have in common: how to start them, and where results go. */
final class PeerOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(names = "--heap", description = "-Xmx of both (default: ${DEFAULT-VALUE})")
  private String heap = "2g";

  @Option(names = "--java-home", description = "the JDK that runs both (default: this one)")
  private Path javaHome = Path.of(System.getProperty("java.home"));

  @Option(
      names = "--apache-lib",
      description = "the jars of Apache's server (default: those that the build fetched)")
  private @Nullable Path apacheLib;

  @Option(names = "--apache-jvm", description = "a JVM flag for Apache; repeatable")
  private List<String> apacheJvmFlags = new ArrayList<>();

  @Option(names = "--conclave", description = "the start script (default: bin/conclave)")
  private @Nullable Path conclave;

  @Option(
      names = "--conclave-cp",
      description = "start Conclave by java with this class path instead of the script")
  private String conclaveClassPath = "";

  @Option(names = "--conclave-jvm", description = "a JVM flag for Conclave; repeatable")
  private List<String> conclaveJvmFlags = new ArrayList<>();

  @Option(names = "--config", description = "a further line of zoo.cfg for both; repeatable")
  private List<String> configLines = new ArrayList<>();

  @Option(
      names = "--work-dir",
      description = "where data directories are made; a real disk (default: ${DEFAULT-VALUE})")
  private Path workDirectory = Path.of(System.getProperty("java.io.tmpdir"));

  @Option(names = "--keep", description = "keep the data directories and the servers' logs")
  private boolean keep;

  @Option(
      names = "--json",
      description = "JSON lines file to append to (default: ${DEFAULT-VALUE})")
  private Path json = Path.of("bench-compare.jsonl");

  Path javaHome() {
    return javaHome;
  }

  boolean keep() {
    return keep;
  }

  Path json() {
    return json;
  }

  /** A directory for all that a run writes. */
  Path freshHome() throws IOException {
    return Files.createTempDirectory(workDirectory, "conclave-bench-");
  }

  /** How to start what is measured; only what is asked for has to be there. */
  LaunchOptions launchOptions(List<Implementation> wanted) {
    return new LaunchOptions(
        javaHome.toAbsolutePath(),
        heap,
        configLines,
        wanted.contains(Implementation.APACHE) ? findApacheLib() : Path.of("unused"),
        apacheJvmFlags,
        wanted.contains(Implementation.CONCLAVE) ? conclaveCommand() : List.of(),
        conclaveJvmFlags);
  }

  private Path findApacheLib() {
    Path fetched = projectHome().resolve("bench/target/apache-3.9.5/lib");
    Path lib = apacheLib == null ? fetched : apacheLib;
    if (!Files.isDirectory(lib)) {
      throw wrong(
          "no directory "
              + lib
              + ": build the bench module (mvn -pl bench -am package) or name one by --apache-lib");
    }
    return lib.toAbsolutePath();
  }

  private List<String> conclaveCommand() {
    if (!conclaveClassPath.isEmpty()) {
      List<String> command = new ArrayList<>();
      command.add(javaHome.resolve("bin").resolve("java").toString());
      command.add("-Xmx" + heap);
      command.addAll(conclaveJvmFlags);
      command.addAll(List.of("-cp", conclaveClassPath, "conclave.cli.Main"));
      return command;
    }
    Path script = conclave == null ? projectHome().resolve("bin/conclave") : conclave;
    if (!Files.isExecutable(script)) {
      throw wrong("no start script " + script + ": name one by --conclave, or use --conclave-cp");
    }
    return List.of(script.toAbsolutePath().toString());
  }

  /**
   * The start script says where the project is; else the nearest directory above with a
   * bin/conclave.
   */
  private static Path projectHome() {
    String told = System.getProperty("conclave.home");
    if (told != null) {
      return Path.of(told);
    }
    Path start = Path.of("").toAbsolutePath();
    for (Path at = start; at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("bench")) && Files.exists(at.resolve("pom.xml"))) {
        return at;
      }
    }
    return start;
  }

  /** fsync costs nothing in memory, and durability is half of what is compared. */
  void requireRealDisk() throws IOException {
    String type = Files.getFileStore(workDirectory).type();
    if (type.equals("tmpfs") || type.equals("ramfs")) {
      throw wrong(workDirectory + " is a " + type + ": name a directory on a disk by --work-dir");
    }
  }

  ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }

  /** As it was typed. */
  List<String> commandLine() {
    if (spec == null) {
      return List.of();
    }
    List<String> words = new ArrayList<>(List.of("conclave", "bench"));
    words.addAll(spec.commandLine().getParseResult().originalArgs());
    return words;
  }
}
