package conclave.server.admin;

/** One session that this server expires, at one moment. */
public record SessionView(long sessionId, long expiresAtEpochMs) {}
