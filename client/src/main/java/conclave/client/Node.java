package conclave.client;

import conclave.protocol.Stat;
import org.jspecify.annotations.Nullable;

/** A znode's data with its metadata. Data can be null, which is not the same as empty. */
public record Node(byte @Nullable [] data, Stat stat) {}
