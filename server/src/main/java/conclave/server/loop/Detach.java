package conclave.server.loop;

/** A connection has ended; its session goes on until it is closed, taken up again, or expires. */
public record Detach(Client client, long sessionId) implements Command {}
