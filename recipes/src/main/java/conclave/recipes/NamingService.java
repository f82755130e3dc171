package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.ConnectionLostException;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Names with values: a name is a path below the service's znode, its value that znode's data. Also
 * makes up names that nobody has had before.
 *
 * <pre>{@code
 * NamingService names = new NamingService(client, "/names");
 * names.bind("db/primary", "10.0.0.1:5432").join().orThrow();
 * String address = names.lookup("db/primary").join().orElseThrow().value();
 * String mine = names.uniqueName("worker-", "host-1").join();
 * }</pre>
 *
 * <p><b>When sessions are lost:</b> nothing happens to names; they belong to no session and stay
 * until they are unbound. A value changes only from the version that its writer had seen, so of two
 * writers one is refused. When the connection is lost in the middle of {@link #bind}, {@link
 * #rebind} or {@link #unbind}, nobody knows whether that was done: it fails with a {@link
 * ConnectionLostException}, and {@link #lookup} tells. Asking for the same again is safe: what was
 * done already is then refused, and never done twice. A name from {@link #uniqueName} is never
 * given out twice, not by any number of clients and not through lost connections; a number may be
 * left out.
 *
 * <p>Thread-safe.
 */
public final class NamingService {
  /**
   * A name with its value.
   *
   * @param version how often the value was changed; for {@link #rebind} and {@link #unbind}
   */
  public record Binding(String name, String value, int version) {}

  private final ConclaveClient client;
  private final String root;

  /**
   * @param root the service's znode, made with the first name
   */
  public NamingService(ConclaveClient client, String root) {
    this.client = client;
    this.root = root;
  }

  /** Gives a new name a value; refused with NODE_EXISTS when it has one. */
  public CompletableFuture<Outcome<Binding>> bind(String name, String value) {
    String path = pathOf(name);
    return client
        .create(path, value.getBytes(UTF_8), CreateMode.PERSISTENT)
        .thenCompose(
            outcome ->
                outcome.was(Refusal.NO_NODE)
                    ? client.ensurePath(Paths.parent(path)).thenCompose(made -> bind(name, value))
                    : CompletableFuture.completedFuture(
                        outcome.map(made -> new Binding(name, value, 0))));
  }

  /** What the name stands for now. */
  public CompletableFuture<Optional<Binding>> lookup(String name) {
    return client
        .getData(pathOf(name))
        .thenApply(
            outcome ->
                Optional.ofNullable(outcome.orNullIf(Refusal.NO_NODE))
                    .map(node -> bindingOf(name, node)));
  }

  /** Changes a value; refused with BAD_VERSION when it has been changed since it was looked up. */
  public CompletableFuture<Outcome<Binding>> rebind(Binding seen, String value) {
    return client
        .setData(pathOf(seen.name()), value.getBytes(UTF_8), seen.version())
        .thenApply(outcome -> outcome.map(stat -> new Binding(seen.name(), value, stat.version())));
  }

  /** Takes a name away; refused with BAD_VERSION when its value has been changed meanwhile. */
  public CompletableFuture<Outcome<Void>> unbind(Binding seen) {
    return client.delete(pathOf(seen.name()), seen.version());
  }

  /** The names directly below a name, sorted; of the empty name, those at the top. */
  public CompletableFuture<List<String>> list(String name) {
    return client
        .getChildren(name.isEmpty() ? root : pathOf(name))
        .thenApply(
            outcome -> {
              Children children = outcome.orNullIf(Refusal.NO_NODE);
              return children == null ? List.of() : children.names().stream().sorted().toList();
            });
  }

  /**
   * Tells what the name stands for, and again at every change; empty while it stands for nothing.
   * Runs on the client's thread.
   */
  public Registration follow(String name, Consumer<Optional<Binding>> listener) {
    return client
        .watch(pathOf(name))
        .forEach(found -> listener.accept(found.map(node -> bindingOf(name, node))));
  }

  /**
   * Makes up a name that was never there before: the prefix with a number of ten digits that grows,
   * bound to the value. Asked for again when the connection is lost in between, which may leave a
   * name behind that nobody was told of.
   *
   * @param prefix may have slashes, and may be empty
   */
  public CompletableFuture<String> uniqueName(String prefix, String value) {
    String path = Paths.child(root, prefix);
    return client
        .create(path, value.getBytes(UTF_8), CreateMode.PERSISTENT_SEQUENTIAL)
        .handle(
            (outcome, failure) -> {
              if (outcome == null) {
                Throwable cause = ConclaveException.causeOf(failure);
                return cause instanceof ConnectionLostException
                    ? uniqueName(prefix, value)
                    : CompletableFuture.<String>failedFuture(cause);
              }
              if (outcome.was(Refusal.NO_NODE)) {
                return client
                    .ensurePath(Paths.parent(path))
                    .thenCompose(made -> uniqueName(prefix, value));
              }
              Created created = outcome.orThrow();
              int above = root.equals(Paths.ROOT) ? 1 : root.length() + 1;
              return CompletableFuture.completedFuture(created.path().substring(above));
            })
        .thenCompose(next -> next);
  }

  private String pathOf(String name) {
    if (name.startsWith("/")) {
      throw new IllegalArgumentException("\"" + name + "\": a name does not begin with a slash");
    }
    return Paths.child(root, name);
  }

  private static Binding bindingOf(String name, Node node) {
    byte[] data = node.data();
    return new Binding(name, data == null ? "" : new String(data, UTF_8), node.stat().version());
  }
}
