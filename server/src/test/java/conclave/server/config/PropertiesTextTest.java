package conclave.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PropertiesTextTest {

  @Example
  void entriesKeepTheLineTheyBeginOn() {
    String text = "# comment\n\na=1\n  b : two \\\n   more\n\\\n\nc\\ d=3\r\ne\rf=\\u0041";

    assertThat(PropertiesText.parse("f", text).entries())
        .containsExactly(
            new PropertiesText.Entry(3, "a", "1"),
            new PropertiesText.Entry(4, "b", "two more"),
            new PropertiesText.Entry(8, "c d", "3"),
            new PropertiesText.Entry(9, "e", ""),
            new PropertiesText.Entry(10, "f", "A"));
  }

  @Example
  void malformedEscapeIsAProblemOfItsLineOnly() {
    PropertiesText text = PropertiesText.parse("zoo.cfg", "a=1\nb=\\u00zz\nc=3\n");

    assertThat(text.problems()).singleElement().asString().startsWith("zoo.cfg:2: ");
    assertThat(text.entries()).extracting(PropertiesText.Entry::key).containsExactly("a", "c");
  }

  @Property(tries = 20_000)
  void meansWhatPropertiesMeans(@ForAll("texts") String text) throws IOException {
    Properties expected = new Properties();
    expected.load(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));

    Map<String, String> found = new HashMap<>();
    PropertiesText.parse("f", text)
        .entries()
        .forEach(entry -> found.put(entry.key(), entry.value()));

    assertThat(found).isEqualTo(trimmed(expected));
  }

  /**
   * Short texts of the characters that mean something to the syntax; keys that only white space
   * tells apart do not occur.
   */
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "a", "b", "=", ":", "\\", "\\\\", "\n", "\r", "\r\n", " ", "\t", "\f", "#", "!",
            "\\u0062", "\\n")
        .list()
        .ofMaxSize(40)
        .map(parts -> String.join("", parts))
        .filter(PropertiesTextTest::hasDistinctKeys);
  }

  private static boolean hasDistinctKeys(String text) {
    Properties properties = new Properties();
    try {
      properties.load(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (IllegalArgumentException e) {
      return false;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return trimmed(properties).size() == properties.size();
  }

  private static Map<String, String> trimmed(Properties properties) {
    Map<String, String> trimmed = new HashMap<>();
    properties.forEach((key, value) -> trimmed.put(key.toString().trim(), value.toString().trim()));
    return trimmed;
  }
}
