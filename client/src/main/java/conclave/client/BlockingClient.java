package conclave.client;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Stat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A client for code that rather waits than being called back: the same requests, whose results are
 * returned, and whose refusals are a {@link RefusedException}. Waits no longer than a request may
 * take. Not for the client's own thread, which would wait for itself: an {@link
 * IllegalStateException} there. Thread-safe.
 */
public final class BlockingClient {
  private final ConclaveClient client;

  BlockingClient(ConclaveClient client) {
    this.client = client;
  }

  /** The client that this one waits for. */
  public ConclaveClient async() {
    return client;
  }

  public Created create(String path, byte @Nullable [] data, CreateMode mode) {
    return await(client.create(path, data, mode)).orThrow();
  }

  public Created create(String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl) {
    return await(client.create(path, data, mode, acl)).orThrow();
  }

  public void ensurePath(String path) {
    await(client.ensurePath(path));
  }

  public Node getData(String path) {
    return await(client.getData(path)).orThrow();
  }

  /** The znode; empty when it does not exist. */
  public Optional<Node> find(String path) {
    return Optional.ofNullable(await(client.getData(path)).orNullIf(Refusal.NO_NODE));
  }

  public Optional<Stat> exists(String path) {
    return await(client.exists(path));
  }

  public Stat setData(String path, byte @Nullable [] data, int version) {
    return await(client.setData(path, data, version)).orThrow();
  }

  public List<String> getChildren(String path) {
    return await(client.getChildren(path)).orThrow().names();
  }

  public void delete(String path, int version) {
    await(client.delete(path, version)).orThrow();
  }

  public void deleteTree(String path) {
    await(client.deleteTree(path));
  }

  public List<Acl> getAcl(String path) {
    return await(client.getAcl(path)).orThrow();
  }

  public Stat setAcl(String path, List<Acl> acl, int aversion) {
    return await(client.setAcl(path, acl, aversion)).orThrow();
  }

  public void sync(String path) {
    await(client.sync(path));
  }

  /** Waits for any future of the client, and throws what it failed with as it is. */
  public <T> T await(CompletableFuture<T> future) {
    if (client.isOnItsThread()) {
      throw new IllegalStateException(
          "waiting on the client's own thread, which would have to bring what is waited for");
    }
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ConclaveException cause) {
        throw cause;
      }
      throw e;
    } catch (CancellationException e) {
      throw new IllegalStateException("the request was cancelled", e);
    }
  }
}
