package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Counter;
import org.junit.jupiter.api.Test;

class CounterSnippetTest extends SnippetTest {
  @Test
  void counter() throws Exception {
    // tag::counter
    Counter visits = new Counter(client, "/visits");
    long now = visits.increment().join();
    long later = visits.add(10).join();
    boolean reset = visits.compareAndSet(later, 0).join();
    long value = visits.get().join();
    visits.close().join();
    // end::counter
    assertThat(now).isEqualTo(1);
    assertThat(reset).isTrue();
    assertThat(value).isZero();
  }
}
