package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.recipes.Group;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages show code that was run, all of it, and the one of the recipes shows every recipe. */
class RecipesPageTest {
  private static final Path PAGE = Path.of("../docs/recipes.md");
  private static final Path README = Path.of("../README.md");
  private static final String OF_README = "readme-";
  private static final Path SNIPPETS = Path.of("src/test/java/conclave/recipes/snippets");
  private static final Pattern ON_PAGE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern IN_SOURCE =
      Pattern.compile("// tag::([a-z-]+)\n(.*?)\n *// end::\\1\n", Pattern.DOTALL);

  @Test
  void thePageShowsTheSnippetsAndNothingElse() throws IOException {
    Map<String, String> snippets = snippets();
    snippets.keySet().removeIf(name -> name.startsWith(OF_README));
    assertThat(snippets).hasSizeGreaterThan(5);
    assertShown(PAGE, snippets);
  }

  @Test
  void theReadmeShowsItsSnippetsAndNothingElse() throws IOException {
    Map<String, String> snippets = snippets();
    snippets.keySet().removeIf(name -> !name.startsWith(OF_README));
    assertThat(snippets).hasSize(2);
    assertShown(README, snippets);
  }

  private static void assertShown(Path page, Map<String, String> snippets) throws IOException {
    List<String> shown = new ArrayList<>();
    Matcher block = ON_PAGE.matcher(Files.readString(page));
    while (block.find()) {
      shown.add(block.group(1).stripTrailing());
    }
    snippets.forEach(
        (name, code) ->
            assertThat(shown).as("code of snippet " + name + " in " + page).contains(code));
    assertThat(snippets.values()).containsAll(shown);
  }

  /** A recipe is what is made from a client. */
  @Test
  void everyRecipeHasASnippet() throws Exception {
    String all = String.join("\n", snippets().values());
    List<String> missing = new ArrayList<>();
    for (Class<?> recipe : recipes()) {
      if (!all.contains("new " + recipe.getSimpleName() + "(")
          && !all.contains("new " + recipe.getSimpleName() + "<")
          && !all.contains(recipe.getSimpleName() + ".")) {
        missing.add(recipe.getSimpleName());
      }
    }
    assertThat(missing).as("recipes without a snippet").isEmpty();
  }

  private static List<Class<?>> recipes() throws IOException, URISyntaxException {
    Path classes =
        Path.of(Group.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve("conclave/recipes");
    List<Class<?>> recipes = new ArrayList<>();
    try (Stream<Path> files = Files.list(classes)) {
      for (String name : files.map(file -> file.getFileName().toString()).sorted().toList()) {
        if (!name.endsWith(".class") || name.contains("$") || name.equals("package-info.class")) {
          continue;
        }
        Class<?> type = load(name.substring(0, name.length() - ".class".length()));
        if (isMadeFromAClient(type)) {
          recipes.add(type);
        }
      }
    }
    assertThat(recipes).contains(Group.class);
    return recipes;
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName("conclave.recipes." + name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isMadeFromAClient(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && (Stream.of(type.getConstructors()).anyMatch(RecipesPageTest::takesAClient)
            || Stream.of(type.getDeclaredMethods())
                .anyMatch(
                    method ->
                        Modifier.isStatic(method.getModifiers())
                            && Modifier.isPublic(method.getModifiers())
                            && List.of(method.getParameterTypes()).contains(ConclaveClient.class)));
  }

  private static boolean takesAClient(Constructor<?> constructor) {
    return List.of(constructor.getParameterTypes()).contains(ConclaveClient.class);
  }

  private static Map<String, String> snippets() throws IOException {
    Map<String, String> snippets = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(SNIPPETS)) {
      for (Path file : files.sorted().toList()) {
        Matcher tag = IN_SOURCE.matcher(Files.readString(file));
        while (tag.find()) {
          assertThat(snippets.put(tag.group(1), tag.group(2).stripIndent()))
              .as("second snippet " + tag.group(1))
              .isNull();
        }
      }
    }
    return snippets;
  }
}
