package conclave.server.loop;

/**
 * What the replica has to know of the configuration.
 *
 * @param serverId the top byte of the ids of sessions that are made here
 * @param tickTimeMs the granularity of session expiry
 * @param log for the log's thread
 * @param collectionIntervalMs how often empty containers and TTL znodes are looked for
 * @param collectionsPerRun how many of them go at a time
 * @param maxNeverUsedIntervalMs how old a container that never had a child may get, 0 for any age
 */
public record ReplicaConfig(
    int serverId,
    int tickTimeMs,
    LogOptions log,
    long collectionIntervalMs,
    int collectionsPerRun,
    long maxNeverUsedIntervalMs) {}
