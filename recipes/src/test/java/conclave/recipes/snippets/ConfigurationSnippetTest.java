package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Configuration;
import conclave.recipes.Setting;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigurationSnippetTest extends SnippetTest {
  @Test
  void configuration() throws Exception {
    // tag::configuration
    Setting<Integer> threads = Setting.ofInt("threads", 8).where(n -> n > 0, "greater than 0");
    Configuration config = new Configuration(client, "/config/shop", "alice");
    config.onChange(threads, n -> System.out.println("threads: " + n));
    config.set(threads, 16).join();
    config.set(threads, 32).join();
    List<Configuration.Revision> history = config.history(threads).join();
    config.rollBack(threads, history.get(0).number()).join();
    int now = config.get(threads).join(); // 16 again
    // end::configuration
    assertThat(now).isEqualTo(16);
  }
}
