package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.UniqueIds;
import org.junit.jupiter.api.Test;

class UniqueIdsSnippetTest extends SnippetTest {
  @Test
  void uniqueIds() throws Exception {
    // tag::unique-ids
    UniqueIds ids = new UniqueIds(client, "/ids/orders", 1_000);
    long order = ids.next().join();
    long another = ids.nextBlocking();
    System.out.println(another > order); // true: one object's numbers grow
    ids.close().join();
    // end::unique-ids
    assertThat(another).isGreaterThan(order);
  }
}
