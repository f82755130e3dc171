package conclave.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import conclave.server.config.ServerConfig.Listener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooCfgTest {

  private static final String MINIMAL = "dataDir=/data\nclientPort=2181\n";

  @TempDir Path dir;

  @Test
  void allProblemsShowTogetherWithFileLineKeyValueAndWhatIsAllowed() throws Exception {
    Path file =
        Files.writeString(
            dir.resolve("zoo.cfg"), "tickTime=abc\n\nclientPort=70000\nforceSync=false\n");

    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class, () -> ZooCfg.load(file, Map.of("zookeeper.snapCount", "many")));

    assertThat(refused.problems())
        .containsExactlyInAnyOrder(
            "zoo.cfg:1: tickTime=abc is not allowed: give a whole number from 1 to 107374182",
            "zoo.cfg:3: clientPort=70000 is not allowed: give a whole number from 0 to 65535",
            "zoo.cfg:4: forceSync=false is not allowed: give yes or no",
            "-Dzookeeper.snapCount=many is not allowed: give a whole number from "
                + Integer.MIN_VALUE
                + " to "
                + Integer.MAX_VALUE,
            "zoo.cfg: dataDir is missing: give the directory of snapshots, and of logs unless dataLogDir is given");
    assertThat(refused).hasMessageContaining("5 problems").hasMessageContaining(file.toString());
  }

  @Test
  void fileReplacesThePropertyOfTheCommandLine() throws Exception {
    ServerConfig config =
        ZooCfg.parse(MINIMAL + "snapCount=7\n", Map.of("zookeeper.snapCount", "9"));

    assertThat(config.snapshots().snapCount()).isEqualTo(7);
  }

  @Test
  void theFilesOwnSettingsCannotBeGivenAsProperties() throws Exception {
    ServerConfig config =
        ZooCfg.parse(MINIMAL, Map.of("zookeeper.tickTime", "77", "zookeeper.maxClientCnxns", "1"));

    assertThat(config.timing().tickTimeMs()).isEqualTo(3000);
    assertThat(config.limits().maxClientCnxns()).isEqualTo(60);
  }

  @Test
  void propertiesWithoutPrefixCountOnTheCommandLineOnly() throws Exception {
    ServerConfig fromFile = ZooCfg.parse(MINIMAL + "jute.maxbuffer=4096\n", Map.of());
    ServerConfig fromCommandLine = ZooCfg.parse(MINIMAL, Map.of("jute.maxbuffer", "4096"));

    assertThat(fromFile.limits().juteMaxBufferBytes()).isEqualTo(0xfffff);
    assertThat(fromFile.warnings())
        .singleElement()
        .asString()
        .contains(":3: jute.maxbuffer")
        .contains("-Djute.maxbuffer");
    assertThat(fromCommandLine.limits().juteMaxBufferBytes()).isEqualTo(4096);
    assertThat(fromCommandLine.limits().juteExtraBytes()).isEqualTo(4096);
  }

  @Test
  void unknownKeyBecomesAPropertyAndIsNamed() throws Exception {
    ServerConfig config = ZooCfg.parse(MINIMAL + "my.own=1\nmaxResponseCacheSize=0\n", Map.of());

    assertThat(config.extraProperties()).containsExactly(Map.entry("zookeeper.my.own", "1"));
    assertThat(config.warnings())
        .singleElement()
        .asString()
        .contains(":3: my.own is not a setting");
  }

  @Test
  void namesOfTheGuideThatDoNotCountAreExplained() throws Exception {
    ServerConfig config = ZooCfg.parse(MINIMAL + "connectionMaxTokens=5\n", Map.of());

    assertThat(config.connectionThrottle().maxTokens()).isZero();
    assertThat(config.warnings()).singleElement().asString().contains("connection_throttle_tokens");
  }

  @Test
  void laterDuplicateCountsAndIsNamed() throws Exception {
    ServerConfig config = ZooCfg.parse(MINIMAL + "tickTime=1000\ntickTime=2000\n", Map.of());

    assertThat(config.timing().tickTimeMs()).isEqualTo(2000);
    assertThat(config.warnings()).singleElement().asString().contains("already given on line 3");
  }

  @Test
  void sessionTimeoutsFollowTheTick() throws Exception {
    ServerConfig config = ZooCfg.parse(MINIMAL + "tickTime=500\n", Map.of());

    assertThat(config.timing()).isEqualTo(new ServerConfig.Timing(500, 1000, 10_000));
    assertThatThrownBy(() -> ZooCfg.parse(MINIMAL + "minSessionTimeout=90000\n", Map.of()))
        .hasMessageContaining("minSessionTimeout 90000 is larger than maxSessionTimeout 60000");
  }

  @Test
  void addressWithoutItsPortIsRefused() {
    assertThatThrownBy(() -> ZooCfg.parse("dataDir=/d\nclientPortAddress=localhost\n", Map.of()))
        .hasMessageContaining("give clientPort as well");
    assertThatThrownBy(() -> ZooCfg.parse("dataDir=/d\n", Map.of()))
        .hasMessageContaining("neither clientPort");
  }

  /** This is the file that the container image of Apache ZooKeeper writes. */
  @Test
  void clientPortOfASingleServerLineIsFoundThroughMyid() throws Exception {
    Files.writeString(dir.resolve("myid"), "1\n");
    String text =
        "dataDir="
            + dir
            + "\ndataLogDir=/datalog\ntickTime=2000\ninitLimit=5\nsyncLimit=2\nautopurge.snapRetainCount=3\n"
            + "autopurge.purgeInterval=0\nmaxClientCnxns=60\nstandaloneEnabled=true\nadmin.enableServer=true\n"
            + "server.1=localhost:2888:3888;2181\n";

    ServerConfig config = ZooCfg.parse(text, Map.of());

    assertThat(config.ports().client()).isEqualTo(new Listener("0.0.0.0", 2181));
    assertThat(config.directories().serverId()).isEqualTo(1);
    assertThat(config.ensemble().isDistributed()).isFalse();
    assertThat(config.warnings()).isEmpty();
  }

  @Test
  void differingClientPortsAreRefused() throws Exception {
    Files.writeString(dir.resolve("myid"), "1");

    assertThatThrownBy(
            () ->
                ZooCfg.parse(
                    "dataDir=" + dir + "\nclientPort=2182\nserver.1=localhost:2888:3888;2181\n",
                    Map.of()))
        .hasMessageContaining(
            "clientPort *:2182 differs from the client address 0.0.0.0:2181 of server.1");
  }

  @Test
  void brokenMyidIsRefused() throws Exception {
    Files.writeString(dir.resolve("myid"), "one\n");

    assertThatThrownBy(() -> ZooCfg.parse("dataDir=" + dir + "\nclientPort=2181\n", Map.of()))
        .hasMessageContaining(dir.resolve("myid").toString());
  }

  @Test
  void ensembleIsParsed() throws Exception {
    Files.writeString(dir.resolve("myid"), "2\n");
    String text =
        "dataDir="
            + dir
            + "\nclientPort=2181\ninitLimit=10\nsyncLimit=5\n"
            + "server.1=a:2888:3888\nserver.2=[::1]:2888:3888:participant;[::1]:2181\nserver.3=c:2888:3888:observer\n"
            + "server.4=d:2888:3888\ngroup.1=1:2\ngroup.2=4\nweight.4=3\n";

    ServerConfig config = ZooCfg.parse(text, Map.of());

    assertThat(config.ensemble().isDistributed()).isTrue();
    assertThat(config.ensemble().servers().get(2L).addresses())
        .containsExactly(new ServerConfig.QuorumAddress("::1", 2888, 3888));
    assertThat(config.ports().client()).isEqualTo(new Listener("::1", 2181));
    assertThat(config.ensemble().servers().get(3L).observer()).isTrue();
    assertThat(config.ensemble().groups()).containsEntry(2L, java.util.Set.of(4L));
    assertThat(config.ensemble().weights()).containsEntry(4L, 3L);
  }

  @Test
  void brokenServerLinesAreRefused() {
    for (String line :
        List.of(
            "server.x=a:1:2",
            "server.1=a",
            "server.1=a:1",
            "server.1=a:1:1",
            "server.1=a:1:2:leader",
            "server.1=a:1:2;b:c:3",
            "server.1=a:1:2;4;5",
            "server.1=a:1:99999",
            "server.1=[::1:1:2",
            "server.1=a:1:2|b:1:2",
            "server.1=",
            "group.x=1",
            "group.1=x",
            "weight.1=x",
            "weight=1")) {
      assertThatThrownBy(() -> ZooCfg.parse(MINIMAL + line + "\n", Map.of()))
          .as(line)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(":3: " + line);
    }
  }

  @Test
  void ensembleNeedsItsLimits() {
    assertThatThrownBy(() -> ZooCfg.parse(MINIMAL + "server.1=a:1:2\nserver.2=b:1:2\n", Map.of()))
        .hasMessageContaining("initLimit is missing")
        .hasMessageContaining("syncLimit is missing")
        .hasMessageContaining("myid is missing");
  }

  @Test
  void dynamicFileIsRead() throws Exception {
    Path dynamic =
        Files.writeString(dir.resolve("zoo.cfg.dynamic.100000000"), "server.1=a:1:2;3\n");
    Files.writeString(dir.resolve("myid"), "1");
    String text = "dataDir=" + dir + "\ndynamicConfigFile=" + dynamic + "\n";

    assertThat(ZooCfg.parse(text, Map.of()).ports().client()).isEqualTo(new Listener("0.0.0.0", 3));
    assertThatThrownBy(() -> ZooCfg.parse(text + "server.1=a:1:2\n", Map.of()))
        .hasMessageContaining("belong in");

    Files.writeString(dynamic, "server.1=a:1:2;3\ntickTime=3\nversion=1\n");
    assertThatThrownBy(() -> ZooCfg.parse(text, Map.of()))
        .hasMessageContaining("dynamic.100000000:2: tickTime does not belong here")
        .hasMessageContaining("version");
  }

  @Test
  void relativeDirectoryIsNamedUnlessItSaysSo() throws Exception {
    Path file =
        Files.writeString(dir.resolve("zoo.cfg"), "dataDir=data\ndataLogDir=./log\nclientPort=1\n");

    assertThat(ZooCfg.load(file, Map.of()).warnings())
        .singleElement()
        .asString()
        .startsWith("zoo.cfg:1: dataDir=data");
  }

  @Test
  void missingFileIsRefused() {
    assertThatThrownBy(() -> ZooCfg.load(dir.resolve("none.cfg"), Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("none.cfg");
  }

  @Test
  void embeddedDefaultStartsWithoutAFile() {
    ServerConfig config = ServerConfig.embeddedDefault(dir, 2181);

    assertThat(config.ports().client()).isEqualTo(new Listener(null, 2181));
    assertThat(config.directories().dataLogDir()).isEqualTo(dir);
    assertThat(config.timing()).isEqualTo(new ServerConfig.Timing(2000, 4000, 40_000));
    assertThat(config.ensemble().isDistributed()).isFalse();
    assertThat(config.warnings()).isEmpty();
    assertThatThrownBy(() -> ServerConfig.embeddedDefault(dir, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void schemesComeFromSwitchesAndApachesClassNames() throws Exception {
    assertThat(ZooCfg.parse(MINIMAL, Map.of()).security().authSchemes())
        .containsExactly("digest", "ip");
    assertThat(
            ZooCfg.parse(
                    MINIMAL
                        + "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n"
                        + "DigestAuthenticationProvider.enabled=false\nsecureClientPort=2281\n",
                    Map.of(
                        "zookeeper.authProvider.2",
                        "org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider"))
                .security()
                .authSchemes())
        .containsExactly("ensemble", "ip", "sasl", "x509");
    assertThatThrownBy(() -> ZooCfg.parse(MINIMAL + "authProvider.1=com.example.Mine\n", Map.of()))
        .hasMessageContaining(":3: authProvider.1=com.example.Mine is not allowed")
        .hasMessageContaining("SASLAuthenticationProvider");
    assertThatThrownBy(
            () -> ZooCfg.parse(MINIMAL + "secureClientPort=1\nssl.authProvider=mine\n", Map.of()))
        .hasMessageContaining("ssl.authProvider=mine");
  }

  @Test
  void sessionsCanBeMadeToAuthenticate() throws Exception {
    assertThat(
            ZooCfg.parse(
                    MINIMAL + "enforce.auth.enabled=true\nenforce.auth.schemes=digest, ip\n",
                    Map.of())
                .security()
                .enforcedAuthSchemes())
        .containsExactly("digest", "ip");
    assertThat(
            ZooCfg.parse(MINIMAL + "enforce.auth.schemes=digest\n", Map.of())
                .security()
                .enforcedAuthSchemes())
        .isEmpty();
    assertThatThrownBy(() -> ZooCfg.parse(MINIMAL + "enforce.auth.enabled=true\n", Map.of()))
        .hasMessageContaining("enforce.auth.schemes");
    assertThatThrownBy(
            () -> ZooCfg.parse(MINIMAL + "sessionRequireClientSASLAuth=true\n", Map.of()))
        .hasMessageContaining("sasl");
  }

  @Test
  void whitelist() throws Exception {
    assertThat(ZooCfg.parse(MINIMAL, Map.of()).enabledWords()).containsExactly("srvr");
    assertThat(
            ZooCfg.parse(MINIMAL + "4lw.commands.whitelist=stat, ruok,,mntr\n", Map.of())
                .enabledWords())
        .containsExactly("mntr", "ruok", "srvr", "stat");
    assertThat(ZooCfg.parse(MINIMAL + "4lw.commands.whitelist=*\n", Map.of()).enabledWords())
        .containsExactlyElementsOf(Words.ALL);
    assertThat(ZooCfg.parse(MINIMAL, Map.of("readonlymode.enabled", "true")).enabledWords())
        .containsExactly("isro", "srvr");
    assertThat(ZooCfg.parse(MINIMAL + "4lw.commands.whitelist=kill\n", Map.of()).warnings())
        .singleElement()
        .asString()
        .contains("kill");
  }

  @Test
  void passwordsStayOutOfTexts() throws Exception {
    ServerConfig config = ZooCfg.parse(MINIMAL + "ssl.keyStore.password=geheim\n", Map.of());

    assertThat(config.toString()).doesNotContain("geheim");
    assertThat(config.clientTls().keyStore().password()).isEqualTo(new Secret("geheim"));
  }
}
