package conclave.replica;

import conclave.protocol.Id;
import conclave.protocol.Request;
import conclave.state.Caller;
import java.util.List;

/** What who orders changes does by itself: ends silent sessions, removes what is done with. */
final class Housekeeping {
  /** Nobody: the server's own requests have no authentication. */
  private static final List<Id> NO_IDS = List.of();

  /** Takes the server's own requests. */
  interface Orders {
    void order(Caller caller, Request request);
  }

  private final Core core;
  private final Orders orders;
  private long nextExpiryMs;
  private long nextCollectionMs;

  Housekeeping(Core core, Orders orders) {
    this.core = core;
    this.orders = orders;
    this.nextExpiryMs = core.nowMs() + core.config.tickTimeMs();
    this.nextCollectionMs = core.nowMs() + core.config.collectionIntervalMs();
  }

  long nextWakeMs() {
    return Math.min(nextExpiryMs, nextCollectionMs);
  }

  void tick() {
    long nowMs = core.nowMs();
    if (nowMs >= nextExpiryMs) {
      nextExpiryMs = nowMs + Math.max(1, core.config.tickTimeMs() / 2);
      for (long id : core.sessions.expired(nowMs)) {
        core.host.expired(id);
        orders.order(new Caller(id, 0, NO_IDS), new Request.CloseSession());
      }
    }
    if (nowMs >= nextCollectionMs) {
      nextCollectionMs = nowMs + core.config.collectionIntervalMs();
      for (Request.DeleteContainer delete :
          core.state()
              .collectable(
                  core.wallMs(),
                  core.config.collectionsPerRun(),
                  core.config.maxNeverUsedIntervalMs())) {
        orders.order(new Caller(0, 0, NO_IDS), delete);
      }
    }
  }
}
