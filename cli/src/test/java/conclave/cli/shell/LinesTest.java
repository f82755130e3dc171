package conclave.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.cli.common.CommandFailure;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How lines are taken apart, and what is guessed from them. */
class LinesTest {
  @Test
  void wordsAreTakenApartAsInZkCli() throws CommandFailure {
    assertThat(Words.of("  set /a  {\"x\":1}\t-v 3 "))
        .containsExactly("set", "/a", "{\"x\":1}", "-v", "3");
    assertThat(Words.of("set /a 'it is \"so\"' \"it's\""))
        .containsExactly("set", "/a", "it is \"so\"", "it's");
    assertThat(Words.of("set /it's back\\slash")).containsExactly("set", "/it's", "back\\slash");
    assertThat(Words.of("create /a ''")).containsExactly("create", "/a", "");
    assertThatThrownBy(() -> Words.of("get \"/a")).isInstanceOf(CommandFailure.class);
  }

  @Test
  void flagsMayStandAnywhereAndTogether() throws CommandFailure {
    Arguments arguments = Arguments.parse(new LsCommand(), List.of("-sR", "/a", "-w"));
    assertThat(arguments.has("s") && arguments.has("R") && arguments.has("w")).isTrue();
    assertThat(arguments.get(0)).isEqualTo("/a");
  }

  @Test
  void negativeNumbersAndWhatFollowsTwoDashesAreNoFlags() throws CommandFailure {
    Arguments set = Arguments.parse(new SetCommand(), List.of("/a", "-5", "-v", "-1"));
    assertThat(set.get(1)).isEqualTo("-5");
    assertThat(set.number("v", 0)).isEqualTo(-1);
    assertThat(Arguments.parse(new SetCommand(), List.of("/a", "--", "-s")).get(1)).isEqualTo("-s");
    assertThatThrownBy(() -> Arguments.parse(new SetCommand(), List.of("/a", "x", "-v")))
        .hasMessageContaining("-v needs a value");
    assertThatThrownBy(() -> Arguments.parse(new GetCommand(), List.of("/a", "/b")))
        .hasMessageContaining("too many arguments");
  }

  @Test
  void guesses() {
    List<String> names = List.of("create", "delete", "get", "getAcl", "set");
    assertThat(Guess.nearest("craete", names)).isEqualTo("create");
    assertThat(Guess.nearest("GETACL", names)).isEqualTo("getAcl");
    assertThat(Guess.nearest("gte", names)).isEqualTo("get");
    assertThat(Guess.nearest("frobnicate", names)).isNull();
    assertThat(Guess.nearest("x", List.of("y"))).isNull();
    assertThat(Guess.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Guess.distance("ab", "ba")).isEqualTo(1);
  }

  @Test
  void coloursAreOffWhereNobodySeesOrWantsThem() {
    assertThat(Style.of(true, null, "xterm").error("x")).isEqualTo("\u001b[31mx\u001b[0m");
    assertThat(Style.of(true, "", "xterm").on()).isTrue();
    assertThat(Style.of(true, "1", "xterm").error("x")).isEqualTo("x");
    assertThat(Style.of(false, null, "xterm").on()).isFalse();
    assertThat(Style.of(true, null, "dumb").on()).isFalse();
  }

  @Test
  void ensemblesAsConnectStrings() {
    String config =
        "server.1=zk1:2888:3888:participant;0.0.0.0:2181\n"
            + "server.2=zk2:2888:3888:participant;zk2:2182\n"
            + "server.3=zk3:2888:3888:observer;2183\n"
            + "version=100000003";
    assertThat(EnsembleText.connectString(config))
        .isEqualTo("100000003 0.0.0.0:2181,zk2:2182,0.0.0.0:2183");
    assertThat(EnsembleText.members("# x\nserver.1=a:1:2;3\n\nserver.2=b:1:2;3\ntickTime=2000\n"))
        .isEqualTo("server.1=a:1:2;3,server.2=b:1:2;3");
  }

  @Test
  void quotasAreReadInEveryFormThatServersWrote() {
    Quota old = Quota.parse("count=5,bytes=-1".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(old).isEqualTo(new Quota(5, -1, -1, -1));
    Quota full = new Quota(5, 6, 7, 8);
    assertThat(Quota.parse(full.toBytes())).isEqualTo(full);
    assertThat(Quota.parse(null)).isEqualTo(Quota.NONE);
    assertThat(old.with(new Quota(-1, 9, -1, -1))).isEqualTo(new Quota(5, 9, -1, -1));
    assertThat(Quota.pathOf(Quota.place("/a/b"))).isEqualTo("/a/b");
    assertThat(Quota.limitsOf("/")).isEqualTo("/zookeeper/quota/zookeeper_limits");
  }
}
