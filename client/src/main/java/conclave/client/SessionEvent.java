package conclave.client;

/**
 * The session has come into a state.
 *
 * @param sessionId the session that the news is about; 0 before there was one
 */
public record SessionEvent(SessionState state, long sessionId) {}
