package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Id;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.apache.zookeeper.server.auth.IPAuthenticationProvider;
import org.apache.zookeeper.server.auth.SASLAuthenticationProvider;

/** The rules of ids, held against Apache ZooKeeper's own classes on arbitrary texts. */
class AclRulesOracleTest {

  private final IPAuthenticationProvider ip = new IPAuthenticationProvider();
  private final DigestAuthenticationProvider digest = new DigestAuthenticationProvider();
  private final SASLAuthenticationProvider sasl = new SASLAuthenticationProvider();

  @Property
  void ipIds(@ForAll("ranges") String range, @ForAll("ranges") String address) {
    assertThat(AclRules.isValid(new Id("ip", range))).isEqualTo(ip.isValid(range));
    assertThat(IpRange.matches(range, address)).isEqualTo(ip.matches(address, range));
    assertThat(IpRange.matches(range, withoutBits(range)))
        .isEqualTo(ip.matches(withoutBits(range), range));
  }

  @Property
  void digestIds(@ForAll("texts") String id) {
    assertThat(AclRules.isValid(new Id("digest", id))).isEqualTo(digest.isValid(id));
  }

  @Property
  void saslIds(@ForAll("texts") String id) {
    assertThat(AclRules.isValid(new Id("sasl", id))).isEqualTo(sasl.isValid(id));
  }

  private static String withoutBits(String range) {
    int slash = range.indexOf('/');
    return slash < 0 ? range : range.substring(0, slash);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().withChars("a:/@1.").ofMaxLength(8);
  }

  @Provide
  Arbitrary<String> ranges() {
    Arbitrary<String> v4 =
        Arbitraries.of("0", "1", "10", "127", "128", "255", "256", "-1", "+1", "")
            .list()
            .ofMinSize(3)
            .ofMaxSize(5)
            .map(parts -> String.join(".", parts));
    Arbitrary<String> v6 =
        Arbitraries.of("0", "1", "ffff", "fe80", "12345", "g", "-1", "", "")
            .list()
            .ofMinSize(1)
            .ofMaxSize(9)
            .map(parts -> String.join(":", parts));
    Arbitrary<String> bits =
        Arbitraries.of(
            "", "/0", "/1", "/8", "/9", "/31", "/32", "/33", "/64", "/128", "/129", "/", "/-1",
            "/x");
    return Combinators.combine(Arbitraries.oneOf(v4, v6), bits)
        .as((address, suffix) -> address + suffix);
  }
}
