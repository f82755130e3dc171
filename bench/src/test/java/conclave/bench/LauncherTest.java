package conclave.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LauncherTest {
  private static final Path JAVA_HOME = Path.of("/some/jdk");

  @TempDir private Path directory;

  @Test
  void conclaveIsStartedByItsScriptWithTheSameConfigurationAndHeap() throws IOException {
    Path script =
        script("echo \"$@\"; echo flags=$SERVER_JVMFLAGS home=$JAVA_HOME; exec sleep 600");
    Launcher launcher = launcher(script, List.of("snapCount=7"));

    String log = "";
    try (ServerProcess server = launcher.start(Implementation.CONCLAVE, directory)) {
      while (server.isAlive() && !log.contains("home=")) {
        Thread.onSpinWait();
        log = server.logTail();
      }
      log = server.logTail();
      assertThat(server.address().getAddress().isLoopbackAddress()).isTrue();
      assertThat(Files.readAllLines(directory.resolve("zoo.cfg")))
          .contains(
              "tickTime=2000",
              "maxClientCnxns=0",
              "dataDir=" + directory.resolve("data"),
              "clientPort=" + server.address().getPort(),
              "snapCount=7");
    }

    assertThat(log)
        .contains("server " + directory.resolve("zoo.cfg"))
        .contains("flags=-Xmx3g -Dx=y home=" + JAVA_HOME);
  }

  @Test
  void membersKnowThemselvesAndOneAnother() throws IOException {
    Launcher launcher = launcher(script("exec sleep 600"), List.of());
    MemberConfig members = launcher.newEnsemble(3);

    ServerProcess second =
        launcher.startMember(Implementation.CONCLAVE, directory.resolve("two"), members, 2);
    second.kill();

    assertThat(second.isAlive()).isFalse();
    assertThat(second.address()).isEqualTo(members.clients().get(1));
    assertThat(directory.resolve("two/data/myid")).hasContent("2");
    assertThat(Files.readAllLines(directory.resolve("two/zoo.cfg")))
        .contains("syncLimit=5", "clientPort=" + members.clients().get(1).getPort())
        .containsAll(
            List.of(serverLine(members, 1), serverLine(members, 2), serverLine(members, 3)));
  }

  private static String serverLine(MemberConfig members, int id) {
    return "server.%d=127.0.0.1:%d:%d"
        .formatted(id, members.peers().get(id - 1).getPort(), members.elections().get(id - 1));
  }

  @Test
  void aClosedServerIsGone() throws IOException {
    Launcher launcher = launcher(script("exec sleep 600"), List.of());
    ServerProcess server = launcher.start(Implementation.CONCLAVE, directory);
    assertThat(server.isAlive()).isTrue();
    assertThat(server.residentBytes()).isPositive();

    server.close();

    assertThat(server.isAlive()).isFalse();
  }

  @Test
  void apacheNeedsItsJars() throws IOException {
    Launcher launcher = launcher(script("exit 1"), List.of());

    assertThatThrownBy(() -> launcher.start(Implementation.APACHE, directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no zookeeper jar");
  }

  private Launcher launcher(Path script, List<String> configLines) throws IOException {
    Path noJars = Files.createDirectories(directory.resolve("lib"));
    return new Launcher(
        new LaunchOptions(
            JAVA_HOME,
            "3g",
            configLines,
            noJars,
            List.of(),
            List.of(script.toString()),
            List.of("-Dx=y")));
  }

  private Path script(String body) throws IOException {
    Path script = directory.resolve("conclave");
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }
}
