package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.Refusal;
import conclave.recipes.NamingService;
import conclave.recipes.NamingService.Binding;
import org.junit.jupiter.api.Test;

class NamingServiceSnippetTest extends SnippetTest {
  @Test
  void naming() {
    // tag::naming
    NamingService names = new NamingService(client, "/names");
    Binding bound = names.bind("db/primary", "10.0.0.1:5432").join().orThrow();
    names.rebind(bound, "10.0.0.2:5432").join().orThrow();
    System.out.println(names.lookup("db/primary").join().orElseThrow().value());
    if (names.unbind(bound).join().was(Refusal.BAD_VERSION)) {
      System.out.println("it was changed meanwhile");
    }
    String mine = names.uniqueName("worker-", "host-1").join(); // worker-0000000001
    // end::naming
    assertThat(mine).isEqualTo("worker-0000000001");
  }
}
