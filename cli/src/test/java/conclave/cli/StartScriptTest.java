package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What bin/conclave makes of its environment: beside a JVM that only says how it was called. */
@Timeout(300)
class StartScriptTest {
  private static final String JMX = "-Dcom.sun.management.jmxremote";

  @TempDir Path home;

  private record Called(List<String> arguments, String said) {}

  @BeforeEach
  void copyTheScript() throws IOException {
    Path script = Path.of("..", "bin", "conclave").toAbsolutePath().normalize();
    Files.createDirectories(home.resolve("bin"));
    Files.createDirectories(home.resolve("target/dist/lib"));
    Files.copy(script, home.resolve("bin/conclave"), StandardCopyOption.COPY_ATTRIBUTES);
    Path java = home.resolve("jdk/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Files.writeString(home.resolve("jdk/release"), "JAVA_VERSION=\"17.0.1\"\n");
  }

  private Called call(Map<String, String> environment, String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(home.resolve("bin/conclave").toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().keySet().removeIf(name -> name.startsWith("JMX") || name.contains("JVM"));
    builder.environment().put("JAVA_HOME", home.resolve("jdk").toString());
    builder.environment().put("CONCLAVE_ARCHIVE", "off");
    builder.environment().putAll(environment);
    Path said = home.resolve("said");
    Process process = builder.redirectError(said.toFile()).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(said)).isZero();
    return new Called(printed.lines().toList(), Files.readString(said));
  }

  private static List<String> jmx(Called called) {
    return called.arguments().stream()
        .filter(argument -> argument.startsWith(JMX) || argument.startsWith("-Djava.rmi"))
        .toList();
  }

  @Test
  void aServerGetsItsFlagsInApachesOrderAndThenItsArguments() throws Exception {
    Called called =
        call(
            Map.of("SERVER_JVMFLAGS", "-Da=1 -Db=2", "JVMFLAGS", "-Db=3", "ZK_SERVER_HEAP", "512"),
            "server",
            "a file.cfg");
    assertThat(called.arguments())
        .containsSubsequence("-Xmx512m", "-Da=1", "-Db=2", "-Db=3", "-cp")
        .endsWith("conclave.cli.Main", "server", "a file.cfg");
    assertThat(jmx(called)).isEmpty();
    assertThat(called.said()).isEmpty();
  }

  @Test
  void withJmxPortAServerTakesJmxFromElsewhere() throws Exception {
    Called called = call(Map.of("JMXPORT", "9010"), "server");
    assertThat(jmx(called))
        .containsExactly(JMX, JMX + ".port=9010", JMX + ".authenticate=false", JMX + ".ssl=false");
    assertThat(called.said()).startsWith("JMX: whoever reaches port 9010 ");

    Called careful =
        call(
            Map.of("JMXPORT", "9010", "JMXAUTH", "true", "JMXSSL", "true", "JMXHOSTNAME", "zk1"),
            "server");
    assertThat(jmx(careful))
        .containsExactly(
            JMX,
            JMX + ".port=9010",
            JMX + ".authenticate=true",
            JMX + ".ssl=true",
            "-Djava.rmi.server.hostname=zk1");
    assertThat(careful.said()).isEmpty();
  }

  @Test
  void withoutAPortWhatIsLocalIsAsTheJvmHasItUnlessSaid() throws Exception {
    assertThat(jmx(call(Map.of("JMXLOCALONLY", "true"), "server")))
        .containsExactly(JMX, JMX + ".local.only=true");
    assertThat(jmx(call(Map.of("JMXDISABLE", "false", "JMXPORT", "1"), "server"))).hasSize(4);
    assertThat(jmx(call(Map.of("JMXDISABLE", "true", "JMXPORT", "1"), "server"))).isEmpty();
    assertThat(jmx(call(Map.of("JMXDISABLE", "true", "JMXLOCALONLY", "1"), "server"))).isEmpty();
  }

  @Test
  void otherCommandsOpenNoPort() throws Exception {
    assertThat(jmx(call(Map.of("JMXPORT", "9010"), "status", "zk1:2181"))).isEmpty();
  }
}
