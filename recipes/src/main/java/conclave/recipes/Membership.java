package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.protocol.Paths;
import java.util.concurrent.CompletableFuture;

/**
 * One member's place in a {@link Group}. It is kept through lost sessions: {@link #isIn} is false
 * from the moment a session is lost until the next one has joined. Thread-safe.
 */
public final class Membership implements AutoCloseable {
  private final String id;
  private final StandingNode node;

  Membership(ConclaveClient client, String path, byte[] data, Runnable onChange) {
    this.id = Paths.name(path);
    this.node = new StandingNode(client, path, data, onChange);
  }

  CompletableFuture<Membership> start() {
    CompletableFuture<Membership> joined = node.start().thenApply(done -> this);
    // Who can't join does not go on trying behind the caller's back, nor who isn't waited for.
    joined.whenComplete(
        (in, failure) -> {
          if (failure != null) {
            node.close();
          }
        });
    return joined;
  }

  public String id() {
    return id;
  }

  /** Whether the servers count this member in, as far as this client can know. */
  public boolean isIn() {
    return node.standing() != null;
  }

  /** The transaction by which it is in: greater after each loss. 0 while it is not. */
  public long token() {
    StandingNode.Standing now = node.standing();
    return now == null ? 0 : now.czxid();
  }

  /** The session that the membership is bound to; 0 while it is not in. */
  public long sessionId() {
    StandingNode.Standing now = node.standing();
    return now == null ? 0 : now.sessionId();
  }

  /** Changes what the others see; completes when the server has it, after a loss too. */
  public CompletableFuture<Void> setData(byte[] data) {
    return node.setData(data);
  }

  /** Leaves; completes when the server has forgotten the member. */
  public CompletableFuture<Void> leave() {
    return node.close();
  }

  /** Leaves, without waiting. */
  @Override
  public void close() {
    node.close();
  }
}
