package conclave.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  private static final String GOOD =
      """
      ensemble: zk1:2181,zk2:2181/apps
      parent: /failover/redis
      node: a
      session:
        timeout: 8s
      nodes:
        a: {address: "10.0.0.1:6379", controller: "10.0.0.1:7420", priority: 5}
        b: {address: "10.0.0.2:6379", controller: "10.0.0.2:7420", vars: {pid: /run/b}}
      health:
        tcp: 10.0.0.1:6379
        interval: 200ms
      hooks:
        becomeActive: {command: promote}
        becomeStandby: {http: "http://10.0.0.1/demote", method: POST, timeout: 3s}
      fencing:
        - graceful: {timeout: 1s}
        - ssh: {command: "pkill redis", port: 2222}
        - shell: {command: [/bin/fence, now]}
        - http: {url: "http://pdu/off"}
      election: {failBack: 60s}
      """
          .replace("{url: ", "{http: ");

  @TempDir Path directory;

  private FailoverConfig load(String text, String node) throws Exception {
    return ConfigFile.load(Files.writeString(directory.resolve("f.yaml"), text), node);
  }

  @Test
  void everything() throws Exception {
    FailoverConfig config = load(GOOD, null);
    assertThat(config.ensemble()).isEqualTo("zk1:2181,zk2:2181/apps");
    assertThat(config.parent()).isEqualTo("/failover/redis");
    assertThat(config.session().timeoutMs()).isEqualTo(8_000);
    assertThat(config.self().name()).isEqualTo("a");
    assertThat(config.find("b").vars()).containsEntry("pid", "/run/b");
    assertThat(config.health().check()).isEqualTo(new Call.Tcp("10.0.0.1", 6379, 5_000));
    assertThat(config.hooks().get(Transition.BECOME_ACTIVE))
        .isEqualTo(new Call.Command(List.of("/bin/sh", "-c", "promote"), 30_000));
    assertThat(config.hooks().get(Transition.BECOME_STANDBY))
        .isInstanceOfSatisfying(
            Call.Http.class, http -> assertThat(http.timeoutMs()).isEqualTo(3_000));
    assertThat(config.hooks()).doesNotContainKey(Transition.FOLLOW);
    assertThat(config.fencing().stream().map(FencingMethod::name))
        .containsExactly("graceful", "ssh", "shell", "http");
    assertThat(config.fencing().get(1).call())
        .isEqualTo(new Call.Ssh("${CONCLAVE_TARGET_HOST}", 2222, List.of(), "pkill redis", 5_000));
    assertThat(config.fencing().get(2).call())
        .isEqualTo(new Call.Command(List.of("/bin/fence", "now"), 5_000));
    assertThat(config.fencing().get(3).call())
        .isInstanceOfSatisfying(
            Call.Http.class, http -> assertThat(http.method()).isEqualTo("POST"));
    MachineOptions options = config.machineOptions();
    assertThat(options.lessPreferred()).containsExactly("b");
    assertThat(options.joinDelayMs()).isZero();
    assertThat(options.failBackAfterMs()).isEqualTo(60_000);
    assertThat(load(GOOD, "b").machineOptions().joinDelayMs()).isEqualTo(500);
  }

  @Test
  void theOneOfTheDocumentationCanBeUsed() throws Exception {
    Path file = Path.of("..", "docs", "failover", "redis", "failover.yaml");
    assertThat(ConfigFile.load(file, "redis2").self().address()).isEqualTo("10.0.0.2:6379");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          timeout: 8s | timeout: 8 parsecs | line 5: session.timeout is "8 parsecs"; it takes a time from 500ms to 1h, such as 500ms, 10s or 2m.
          timeout: 8s | timeout: 8         | line 5: session.timeout is "8"; it takes a time from 500ms to 1h, such as 500ms, 10s or 2m.
          timeout: 8s | timeout: 1ms       | line 5: session.timeout is "1ms"; it takes a time from 500ms to 1h, such as 500ms, 10s or 2m.
          timeout: 8s | timeuot: 8s        | line 5: session.timeuot is unknown; session takes timeout, demoteAhead, auth, acl.
          timeout: 8s | acl: creator       | line 5: session.acl is creator, which needs credentials in auth.
          priority: 5 | priority: high     | line 7: nodes.a.priority is "high"; it takes a whole number from -1000 to 1000.
          node: a     | node: c            | line 7: nodes has no "c"; there are a, b.
          node: a     | #                  | line 1: the file does not say which node this is; give --node NAME or a key "node" with one of a, b.
          parent: /failover/redis | parent: redis | line 2: parent is "redis"; it takes the path of a znode of its own, such as /failover/redis.
          ensemble:   | servers:           | line 1: ensemble is missing; it takes the servers, such as zk1:2181,zk2:2181,zk3:2181.
          tcp: 10.0.0.1:6379 | tcp: 10.0.0.1 | line 10: health.tcp is "10.0.0.1"; it takes a host and a port, such as 10.0.0.1:6379.
          tcp: 10.0.0.1:6379 | healthy: 1  | line 10: health takes one of command, http and tcp.
          interval: 200ms | reportsRole: true | line 11: health.reportsRole needs a command or http: a connection says nothing.
          becomeActive: {command: promote} | follow: {command: x} | line 13: hooks.becomeActive is missing; it takes a command or http, and perhaps a timeout.
          {command: promote} | {command: promote, http: x} | line 13: hooks.becomeActive takes one of command and http.
          {command: promote} | {http: promote} | line 13: hooks.becomeActive.http is "promote"; it takes a URL with http or https.
          - graceful: | - gracious:        | line 16: fencing[0].gracious is unknown; there are graceful, ssh, shell and http.
          {timeout: 1s} | {timeout: 1s, x: 1} | line 16: fencing[0].graceful.x is unknown; fencing[0].graceful takes timeout.
          failBack: 60s | failBack: soon   | line 20: election.failBack is "soon"; it takes a time from 1s to 24h, such as 500ms, 10s or 2m.
          timeout: 8s | timeout: [8s       | line 6 is not YAML: expected ',' or ']', but got :.
          """)
  void whatIsWrongIsToldWithFileLineAndKey(String good, String bad, String message) {
    assertThat(GOOD).contains(good);
    assertThatThrownBy(() -> load(GOOD.replace(good, bad), null))
        .isInstanceOf(ConfigException.class)
        .hasMessage(directory.resolve("f.yaml") + ", " + message);
  }

  @Test
  void aKeyTwiceIsRefused() {
    assertThatThrownBy(() -> load(GOOD + "\nparent: /x\n", null))
        .isInstanceOf(ConfigException.class)
        .hasMessage(directory.resolve("f.yaml") + ", line 22: parent is there twice.");
  }

  @Test
  void filesThatAreNot() {
    assertThatThrownBy(() -> ConfigFile.load(directory.resolve("none.yaml"), null))
        .isInstanceOf(ConfigException.class)
        .hasMessage("There is no file " + directory.resolve("none.yaml") + ".");
    assertThatThrownBy(() -> load("", null))
        .isInstanceOf(ConfigException.class)
        .hasMessageEndingWith("f.yaml is empty.");
    assertThatThrownBy(() -> load("just words", null))
        .isInstanceOf(ConfigException.class)
        .hasMessageEndingWith("line 1: the file takes a mapping of keys to values.");
  }

  @Test
  void aSecretOfItsOwnFile() throws Exception {
    assertThatThrownBy(() -> load(GOOD + "secretFile: none\n", null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("line 21: secretFile can't be read: ");
    Files.writeString(directory.resolve("secret"), "s3cret\n");
    assertThat(load(GOOD + "secretFile: secret\n", null).secret()).isEqualTo("s3cret");
  }
}
