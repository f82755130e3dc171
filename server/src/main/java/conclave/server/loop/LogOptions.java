package conclave.server.loop;

/**
 * How the log's thread gathers transactions and cuts files.
 *
 * @param maxBatch transactions that are forced to disk at once at the most
 * @param flushDelayMs how long a batch may wait for more to come, 0 for not at all
 * @param maxPollMs how long it waits for the next one
 * @param rollAfterBytes after how much a new file is begun, 0 or less for never
 * @param slowSyncMs from when on forcing to disk is told to be slow
 */
public record LogOptions(
    int maxBatch, long flushDelayMs, long maxPollMs, long rollAfterBytes, long slowSyncMs) {}
