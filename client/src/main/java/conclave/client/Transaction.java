package conclave.client;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Several changes that happen all together or not at all, made by {@link
 * ConclaveClient#transaction}.
 *
 * <pre>{@code
 * client.transaction()
 *     .check("/config", 7)
 *     .setData("/config/url", url, ConclaveClient.ANY_VERSION)
 *     .delete("/config/draft", ConclaveClient.ANY_VERSION)
 *     .commit();
 * }</pre>
 *
 * <p>Belongs to one thread, and is used up by {@link #commit}.
 */
public final class Transaction {
  private final ConclaveClient client;
  private final List<Request> ops = new ArrayList<>();
  private boolean committed;

  Transaction(ConclaveClient client) {
    this.client = client;
  }

  public Transaction create(String path, byte @Nullable [] data, CreateMode mode) {
    return create(path, data, mode, Acl.OPEN);
  }

  public Transaction create(String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl) {
    ops.add(client.createRequest(path, data, mode, acl, 0));
    return this;
  }

  public Transaction createWithTtl(
      String path, byte @Nullable [] data, CreateMode mode, List<Acl> acl, long ttlMs) {
    ops.add(client.createRequest(path, data, mode, acl, ttlMs));
    return this;
  }

  public Transaction delete(String path, int version) {
    ops.add(new Request.Delete(client.onServer(path), version));
    return this;
  }

  public Transaction setData(String path, byte @Nullable [] data, int version) {
    ops.add(new Request.SetData(client.onServer(path), data, version));
    return this;
  }

  /** Lets the transaction happen only if the znode has this version. */
  public Transaction check(String path, int version) {
    ops.add(new Request.Check(client.onServer(path), version));
    return this;
  }

  /** How many operations there are. */
  public int size() {
    return ops.size();
  }

  /** Sends it. The future fails for what has nothing to do with the operations themselves. */
  public CompletableFuture<TransactionOutcome> commit() {
    if (committed) {
      throw new IllegalStateException("the transaction was committed before");
    }
    committed = true;
    return client.commit(List.copyOf(ops));
  }
}
