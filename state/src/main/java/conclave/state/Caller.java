package conclave.state;

import conclave.protocol.Id;
import java.util.List;

/**
 * Who asks.
 *
 * @param sessionId the session, 0 for the server itself
 * @param cxid the request's number in that session
 * @param ids everybody the caller has proven to be, its address included
 */
public record Caller(long sessionId, int cxid, List<Id> ids) {}
