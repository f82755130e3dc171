package conclave.replica;

import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.state.Caller;
import conclave.state.Outcome;
import conclave.state.SessionExpiry;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that are in no log ({@code localSessionsEnabled}): cheap to open and to close, known to
 * one member, and lost with it. One that wants an ephemeral becomes a global session first, where
 * that is allowed, and is refused otherwise; all as in Apache.
 */
final class LocalSessions {

  /** What a role does with the requests that are left. */
  interface Rest {
    /**
     * Answered without a transaction, in its turn behind what its session has in flight, and as of
     * then.
     */
    void inTurn(Submission asked, Outcome outcome, SessionExpiry.@Nullable Handle handle);

    /** Ordered as usual. */
    void order(Submission submission);
  }

  private final Core core;
  private final boolean upgrading;

  LocalSessions(Core core, boolean upgrading) {
    this.core = core;
    this.upgrading = upgrading;
  }

  void submit(Submission submission, Rest rest) {
    long id = submission.caller().sessionId();
    Request request = submission.request();
    if (request instanceof Request.CreateSession create) {
      rest.inTurn(
          submission,
          new Outcome(ErrorCode.OK, Reply.NOTHING),
          core.sessions.createdLocal(id, create.timeoutMs(), submission.client(), core.nowMs()));
    } else if (!core.sessions.isLocal(id)) {
      rest.order(submission);
    } else if (request instanceof Request.CloseSession) {
      core.sessions.endIfLocal(id, submission.client());
      refuse(submission, ErrorCode.OK, rest);
    } else if (!wantsEphemeral(request)) {
      rest.order(submission);
    } else if (upgrading) {
      int timeoutMs = core.sessions.upgraded(id);
      rest.order(
          new Submission(
              null,
              new Caller(id, 0, submission.caller().ids()),
              new Request.CreateSession(timeoutMs),
              submission.receivedNanos()));
      rest.order(submission);
    } else {
      refuse(submission, ErrorCode.EPHEMERAL_ON_LOCAL_SESSION, rest);
    }
  }

  private void refuse(Submission submission, ErrorCode error, Rest rest) {
    rest.inTurn(submission, new Outcome(error, Reply.NOTHING), null);
  }

  private static boolean wantsEphemeral(Request request) {
    if (request instanceof Request.Create create) {
      CreateMode mode = CreateMode.of(create.flags());
      return mode != null && mode.isEphemeral();
    }
    return request instanceof Request.Multi multi
        && multi.ops().stream().anyMatch(LocalSessions::wantsEphemeral);
  }
}
