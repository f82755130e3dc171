package conclave.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MainTest {
  @Test
  void helpSucceedsAndNonsenseIsAUsageError() {
    assertThat(Main.execute("--help")).isZero();
    assertThat(Main.execute("compare", "--help")).isZero();
    assertThat(Main.execute("client", "--help")).isZero();
    assertThat(Main.execute()).isEqualTo(2);
    assertThat(Main.execute("compare", "--only", "nothing")).isEqualTo(2);
    assertThat(Main.execute("compare", "--only", "failover")).isEqualTo(2);
    assertThat(Main.execute("compare", "--ensemble", "--only", "heap")).isEqualTo(2);
    assertThat(Main.execute("compare", "--server", "apache", "--apache-lib", "/nowhere"))
        .isEqualTo(2);
    assertThat(Main.execute("client", "--in-flight", "0")).isEqualTo(2);
    assertThat(Main.execute("client", "--client", "apache", "--apache-lib", "/nowhere"))
        .isEqualTo(2);
  }
}
