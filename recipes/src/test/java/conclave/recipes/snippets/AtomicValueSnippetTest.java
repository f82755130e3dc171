package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.AtomicValue;
import org.junit.jupiter.api.Test;

class AtomicValueSnippetTest extends SnippetTest {
  @Test
  void atomicValue() throws Exception {
    // tag::atomic-value
    AtomicValue<String> mode = AtomicValue.ofString(client, "/mode", "normal");
    mode.onChange(now -> System.out.println("mode is " + now.value()));
    AtomicValue.Versioned<String> seen = mode.get().join();
    if (mode.compareAndSet(seen, "read-only").join().isEmpty()) {
      System.out.println("somebody else was faster");
    }
    mode.update(now -> now + " since noon").join();
    mode.close().join();
    // end::atomic-value
    assertThat(soon(mode.get()).value()).isEqualTo("read-only since noon");
  }
}
