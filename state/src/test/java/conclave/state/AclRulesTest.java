package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AclRulesTest {

  private static final Id ANN = new Id("digest", "ann:hash");
  private static final Id BOB = new Id("digest", "bob:hash");
  private static final Id HERE = new Id("ip", "10.1.2.3");
  private static final Id ME = new Id("auth", "");
  private static final AuthSchemes EVERY =
      new AuthSchemes(Set.of("ip", "digest", "x509", "sasl", "ensemble"), "anybody");

  private static List<Acl> list(int perms, Id id) {
    return List.of(new Acl(perms, id));
  }

  @Test
  void repetitionsGoAndOrderStays() {
    Acl first = new Acl(Acl.READ, ANN);
    Acl second = new Acl(Acl.WRITE, Id.ANYONE);

    assertThat(AclRules.fixup(List.of(first, second, first), List.of()))
        .containsExactly(first, second);
  }

  @Test
  void emptyListIsInvalid() {
    assertThat(AclRules.fixup(List.of(), List.of(ANN))).isNull();
  }

  @Test
  void authBecomesTheAuthenticatedIds() {
    List<Id> session = List.of(HERE, ANN, new Id("super", ""), BOB);

    assertThat(AclRules.fixup(list(Acl.CREATE, ME), session))
        .containsExactly(new Acl(Acl.CREATE, ANN), new Acl(Acl.CREATE, BOB));
    assertThat(AclRules.fixup(list(Acl.ALL, ME), List.of(HERE))).isNull();
    assertThat(AclRules.fixup(list(Acl.ALL, ME), List.of(ANN), new AuthSchemes(Set.of("ip"), null)))
        .isNull();
  }

  @Test
  void oneInvalidEntrySpoilsTheList() {
    Acl good = new Acl(Acl.ALL, Id.ANYONE);

    assertThat(AclRules.fixup(List.of(good, new Acl(Acl.ALL, new Id("ip", "nowhere"))), List.of()))
        .isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "digest, ann:hash", "digest, :hash", "digest, ann:hash:", "ip, 10.0.0.1", "ip, 10.0.0.0/8",
        "ip, 0.0.0.0/0",
    "ip, ::1", "ip, fe80::/10", "ip, 1:2:3:4:5:6:7:8", "x509, 'CN=ann,O=acme'", "sasl, ann",
        "sasl, ann/host@REALM"
  })
  void validIds(String scheme, String id) {
    assertThat(AclRules.fixup(list(Acl.ALL, new Id(scheme, id)), List.of(), EVERY)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "digest, ann",
    "digest, ann:",
    "digest, a:b:c",
    "digest, ''",
    "digest, :",
    "ip, 10.0.0",
    "ip, 10.0.0.256",
    "ip, 10.0.0.1/33",
    "ip, 10.0.0.1/-1",
    "ip, 10.0.0.1/",
    "ip, 1.2.3.4.5",
    "ip, localhost",
    "ip, 1:2:3:4:5:6:7",
    "ip, 1:2:3:4:5:6:7::8",
    "ip, ::1::",
    "ip, ::1/129",
    "ip, ::12345",
    "ip, ::ffff:1.2.3.4",
    "x509, ann",
    "sasl, a@b@c",
    "sasl, a/b/c@d",
    "sasl, a@b/c",
    "world, everybody",
    "ensemble, x",
    "super, ''",
    "nosuch, x",
    "'', ''"
  })
  void invalidIds(String scheme, String id) {
    assertThat(AclRules.fixup(list(Acl.ALL, new Id(scheme, id)), List.of(ANN), EVERY)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x509", "sasl", "ensemble"})
  void schemesThatAServerDoesNotHaveAreInvalidAndLetNobodyIn(String scheme) {
    Id id = new Id(scheme, "CN=ann");

    assertThat(AclRules.fixup(list(Acl.ALL, id), List.of())).isNull();
    assertThat(AclRules.permits(list(Acl.ALL, id), Acl.READ, List.of(id))).isFalse();
  }

  @Test
  void permissionsAreLookedAtEntryByEntry() {
    List<Acl> acl = List.of(new Acl(Acl.READ, Id.ANYONE), new Acl(Acl.WRITE | Acl.CREATE, ANN));

    assertThat(AclRules.permits(acl, Acl.READ, List.of())).isTrue();
    assertThat(AclRules.permits(acl, Acl.WRITE, List.of(HERE))).isFalse();
    assertThat(AclRules.permits(acl, Acl.WRITE, List.of(HERE, ANN))).isTrue();
    assertThat(AclRules.permits(acl, Acl.DELETE, List.of(ANN))).isFalse();
    assertThat(AclRules.permits(acl, Acl.READ | Acl.ADMIN, List.of())).isTrue();
    assertThat(AclRules.permits(acl, Acl.CREATE, List.of(BOB))).isFalse();
  }

  @Test
  void emptyListAndSuperUserPass() {
    assertThat(AclRules.permits(List.of(), Acl.ADMIN, List.of())).isTrue();
    assertThat(AclRules.permits(list(0, ANN), Acl.ADMIN, List.of(HERE, new Id("super", "x"))))
        .isTrue();
    assertThat(AclRules.isSuper(List.of(HERE))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3, 10.1.2.3, true",
    "10.1.2.0/24, 10.1.2.3, true",
    "10.1.3.0/24, 10.1.2.3, false",
    "10.1.2.2/31, 10.1.2.3, true",
    "10.1.2.4/31, 10.1.2.3, false",
    "0.0.0.0/0, 10.1.2.3, true",
    "::/0, 10.1.2.3, false",
    "::1, 0:0:0:0:0:0:0:1, true",
    "fe80::/10, febf::1, true",
    "fe80::/10, fec0::1, false",
    "::ffff:a01:203, 10.1.2.3, false",
    "10.1.2.3/33, 10.1.2.3, false"
  })
  void addressesMatchByPrefix(String range, String address, boolean expected) {
    assertThat(
            AclRules.permits(
                list(Acl.READ, new Id("ip", range)), Acl.READ, List.of(new Id("ip", address))))
        .isEqualTo(expected);
  }

  @Test
  void saslNamesMatchExactlyOrByTheNameOfEverybody() {
    List<Id> ann = List.of(new Id("sasl", "ann"));

    assertThat(AclRules.permits(list(Acl.READ, new Id("sasl", "ann")), Acl.READ, ann, EVERY))
        .isTrue();
    assertThat(AclRules.permits(list(Acl.READ, new Id("sasl", "bob")), Acl.READ, ann, EVERY))
        .isFalse();
    assertThat(AclRules.permits(list(Acl.READ, new Id("sasl", "anybody")), Acl.READ, ann, EVERY))
        .isTrue();
    assertThat(
            AclRules.permits(
                list(Acl.READ, new Id("sasl", "anybody")), Acl.READ, List.of(ANN), EVERY))
        .isFalse();
  }
}
