package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Group;
import conclave.recipes.Membership;
import org.junit.jupiter.api.Test;

class GroupSnippetTest extends SnippetTest {
  @Test
  void group() throws Exception {
    // tag::group
    Group group = new Group(client, "/members").start().join();
    group.onChange(
        event -> System.out.println(event.getClass().getSimpleName() + " " + event.member()));
    Membership mine = group.join("host-1", "10.0.0.1:80".getBytes(UTF_8)).join();
    group.when(members -> members.containsKey("host-1")).join();
    System.out.println(group.members().keySet() + ", the eldest is " + group.eldest());
    mine.setData("10.0.0.1:81".getBytes(UTF_8)).join();
    // end::group
    assertThat(group.members()).containsOnlyKeys("host-1");
    soon(mine.leave());
  }
}
