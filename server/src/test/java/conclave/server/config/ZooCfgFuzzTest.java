package conclave.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Whatever stands in the file: an answer, or a refusal that names its reasons; never anything else.
 */
class ZooCfgFuzzTest {

  private static final List<String> KEYS =
      Stream.concat(
              OptionTableTest.rows().map(OptionTableTest.Row::key),
              Stream.of(
                  "server.1",
                  "server.2",
                  "group.1",
                  "weight.1",
                  "dataDir",
                  "clientPort",
                  "dynamicConfigFile",
                  "group",
                  "server."))
          .distinct()
          .toList();

  @Property
  void arbitraryTexts(@ForAll String text) {
    parse(text, Map.of());
  }

  @Property(tries = 3000)
  void arbitraryValuesOfKnownKeys(@ForAll("settings") List<String> lines) {
    parse("dataDir=/d\nclientPort=1\n" + String.join("\n", lines) + "\n", Map.of());
  }

  @Property
  void arbitraryProperties(@ForAll("keys") String key, @ForAll("values") String value) {
    parse("dataDir=/d\nclientPort=1\n", Map.of("zookeeper." + key, value, key, value));
  }

  private static void parse(String text, Map<String, String> properties) {
    try {
      ServerConfig config = ZooCfg.parse(text, properties);
      assertThat(config.ports().client() == null && config.ports().secureClient() == null)
          .isFalse();
    } catch (ConfigException e) {
      assertThat(e.problems()).isNotEmpty().allSatisfy(problem -> assertThat(problem).isNotBlank());
    }
  }

  @Provide
  Arbitrary<String> keys() {
    return Arbitraries.of(KEYS);
  }

  @Provide
  Arbitrary<String> values() {
    return Arbitraries.oneOf(
        Arbitraries.strings(),
        Arbitraries.strings().withChars("0123456789abc.:;|[]-+,/ ").ofMaxLength(12),
        Arbitraries.longs().map(String::valueOf),
        Arbitraries.of(
            "true", "false", "yes", "no", "a:1:2", "a:1:2:observer;3", "[::1]:1:2", "1:2", ""));
  }

  @Provide
  Arbitrary<List<String>> settings() {
    return Combinators.combine(keys(), values())
        .as((key, value) -> key + "=" + value)
        .list()
        .ofMaxSize(6);
  }
}
