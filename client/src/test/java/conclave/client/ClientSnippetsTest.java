package conclave.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The code of docs/client.md, which is to do what the page says, and to stay in step with it. */
@Timeout(300)
class ClientSnippetsTest {
  private TestServer server;
  private ConclaveClient client;

  @BeforeEach
  void start() {
    server = TestServer.start();
    client = ConclaveClient.connect(server.connectString()).join();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void connecting() {
    String hosts = server.connectString();
    // tag::connect
    ClientOptions options =
        ClientOptions.defaults()
            .withSessionTimeoutMs(10_000)
            .withRequestTimeoutMs(5_000)
            .withCredentials("digest", "ann:secret".getBytes(UTF_8));
    try (ConclaveClient client = ConclaveClient.connect(hosts, options).join()) {
      System.out.println(client.state() + " with session " + client.sessionId());
    }
    // end::connect
  }

  @Test
  void outcomes() {
    byte[] me = {1};
    // tag::outcomes
    client
        .create("/leader", me, CreateMode.EPHEMERAL)
        .thenAccept(
            outcome -> {
              if (outcome instanceof Outcome.Done<Created> done) {
                System.out.println("leading, term " + done.result().stat().czxid());
              } else if (outcome.was(Refusal.NODE_EXISTS)) {
                System.out.println("somebody else leads");
              }
            })
        .join();
    // end::outcomes
    assertThat(client.blocking().find("/leader")).isPresent();
  }

  @Test
  void waiting() {
    // tag::blocking
    BlockingClient blocking = client.blocking();
    blocking.ensurePath("/config/url");
    blocking.setData("/config/url", "https://example.org".getBytes(UTF_8), 0);
    System.out.println(new String(blocking.getData("/config/url").data(), UTF_8));
    // end::blocking
    assertThat(blocking.exists("/config/url")).isPresent();
  }

  @Test
  void oneChange() {
    client.blocking().create("/config", null, CreateMode.PERSISTENT);
    // tag::once
    client
        .getDataAndWatch("/config")
        .thenCompose(outcome -> outcome.orThrow().event())
        .thenAccept(event -> System.out.println(event.type() + " " + event.path()));
    // end::once
    client.blocking().setData("/config", null, 0);
  }

  @Test
  void everyState() {
    // tag::stream
    Registration following =
        client
            .watch("/config/url")
            .forEach(
                state ->
                    System.out.println(
                        state.map(node -> new String(node.data(), UTF_8)).orElse("not there")));
    following.close();
    // end::stream
  }

  @Test
  void copies() {
    client.blocking().ensurePath("/members/a");
    // tag::cache
    Cache members = client.cache("/members", Cache.Depth.CHILDREN).start().join();
    members.onChange(change -> System.out.println(change.path() + " changed"));
    System.out.println(members.children("/members"));
    // end::cache
    assertThat(members.children("/members")).containsExactly("a");
  }

  @Test
  void transactions() {
    client.blocking().ensurePath("/config/url");
    // tag::transaction
    TransactionOutcome outcome =
        client
            .transaction()
            .check("/config", 0)
            .setData("/config/url", "https://example.org".getBytes(UTF_8), 0)
            .create("/config/changed", null, CreateMode.PERSISTENT)
            .commit()
            .join();
    if (outcome instanceof TransactionOutcome.RolledBack refused) {
      System.out.println(refused.path() + " stood against it: " + refused.error());
    }
    // end::transaction
    assertThat(outcome.isCommitted()).isTrue();
  }

  @Test
  void sessions() {
    client.blocking().ensurePath("/locks");
    // tag::session
    client.onSession(event -> System.out.println("the session is " + event.state()));
    ConclaveClient bound = client.inThisSession();
    bound.createGuarded("/locks/mine-", null, CreateMode.EPHEMERAL_SEQUENTIAL, Acl.OPEN).join();
    if (bound.certainFor().compareTo(Duration.ofSeconds(2)) > 0) {
      System.out.println("nobody else can hold it for two seconds from now");
    }
    // end::session
    assertThat(client.blocking().getChildren("/locks")).hasSize(1);
  }

  @Test
  void thePageShowsThisCode() throws IOException {
    List<String> tagged = new ArrayList<>();
    Matcher tags =
        Pattern.compile("// tag::(\\w+)\n(.*?) *// end::\\1", Pattern.DOTALL)
            .matcher(
                Files.readString(Path.of("src/test/java/conclave/client/ClientSnippetsTest.java")));
    while (tags.find()) {
      tagged.add(tags.group(2).stripTrailing().stripIndent().strip());
    }
    List<String> shown = new ArrayList<>();
    Matcher blocks =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("../docs/client.md")));
    while (blocks.find()) {
      shown.add(blocks.group(1).strip());
    }
    assertThat(shown).isNotEmpty().containsExactlyElementsOf(tagged);
  }
}
