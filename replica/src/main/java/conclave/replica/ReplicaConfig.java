package conclave.replica;

import conclave.consensus.ElectionSettings;
import conclave.consensus.Membership;
import org.jspecify.annotations.Nullable;

/**
 * What a replica has to know of the configuration.
 *
 * @param serverId the top byte of the ids of sessions that are made here
 * @param tickTimeMs the unit of session expiry and of the ensemble's timeouts
 * @param collectionIntervalMs how often empty containers and TTL znodes are looked for
 * @param collectionsPerRun how many of them go at a time
 * @param maxNeverUsedIntervalMs how old a container that never had a child may get, 0 for any age
 * @param ensemble null for a server that stands alone
 */
public record ReplicaConfig(
    int serverId,
    int tickTimeMs,
    long collectionIntervalMs,
    int collectionsPerRun,
    long maxNeverUsedIntervalMs,
    @Nullable Ensemble ensemble) {

  /**
   * What a member of an ensemble knows in addition.
   *
   * @param sid which member this is
   * @param membership who there is
   * @param observer whether this one takes no part in decisions
   * @param initLimitTicks how long a learner may take to be brought up to date
   * @param syncLimitTicks how long leader and learner may be silent
   * @param leaderServes whether clients may connect to the leader
   * @param readOnlyMode whether to answer readers while there is no quorum
   * @param localSessions whether sessions begin as local ones
   * @param localSessionsUpgrading whether they become global when they need to
   * @param commitLogCount committed transactions to keep in memory
   * @param commitLogBytes bytes of them at most
   * @param incomplete this member's disk lacks something that it once had: it has no vote until a
   *     leader has filled it
   * @param election the election's times
   * @param lastCounter no zxid of an epoch reaches this; {@code Zxid.LAST_COUNTER} in earnest
   */
  public record Ensemble(
      long sid,
      Membership membership,
      boolean observer,
      int initLimitTicks,
      int syncLimitTicks,
      boolean leaderServes,
      boolean readOnlyMode,
      boolean localSessions,
      boolean localSessionsUpgrading,
      int commitLogCount,
      long commitLogBytes,
      boolean incomplete,
      ElectionSettings election,
      long lastCounter) {}
}
