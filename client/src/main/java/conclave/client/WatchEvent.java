package conclave.client;

import conclave.protocol.EventType;

/**
 * A change that a watch saw.
 *
 * @param zxid the transaction that made the change; &minus;1 when it happened while the client was
 *     away, or the server does not say
 */
public record WatchEvent(EventType type, String path, long zxid) {}
