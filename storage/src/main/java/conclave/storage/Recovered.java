package conclave.storage;

import java.util.List;

/**
 * What a start found on disk.
 *
 * @param lastZxid the last transaction that the state now contains
 * @param snapshotZxid the snapshot that it began with
 * @param replayed how many transactions were replayed onto it
 * @param fresh whether there was no data, so that this is a new, empty database
 * @param warnings what an operator should know, in sentences
 */
public record Recovered(
    long lastZxid, long snapshotZxid, long replayed, boolean fresh, List<String> warnings) {}
