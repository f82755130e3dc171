package conclave.server.pipeline;

import conclave.protocol.Id;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out who a client is, from what it sends with an auth request. */
public interface Authenticator {

  /**
   * Checks a proof; called on an event loop, must not block.
   *
   * @param scheme what kind of proof
   * @param proof what was sent, for example {@code user:password}
   * @param ids everybody the client has proven to be so far, its address included
   * @return {@code ids} with what this proves added; null when it proves nothing, upon which the
   *     client is hung up on
   */
  @Nullable List<Id> authenticate(String scheme, byte @Nullable [] proof, List<Id> ids);
}
