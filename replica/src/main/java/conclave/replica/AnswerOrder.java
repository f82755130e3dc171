package conclave.replica;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds answers back until it is their turn: a session's requests are answered in the order in
 * which they were sent, and not all kinds come back by the same way. A sync waits for a quorum,
 * while the write behind it may be committed already.
 *
 * <p>Only what was {@linkplain #expect expected} is held; other answers leave at once, when nothing
 * is expected before them for their session.
 */
final class AnswerOrder {
  private final Map<Long, ArrayDeque<Submission>> expected = new HashMap<>();

  /** The answer to this one is to come before those that are expected later. */
  void expect(Submission submission) {
    submission.expected();
    expected
        .computeIfAbsent(submission.caller().sessionId(), id -> new ArrayDeque<>(4))
        .addLast(submission);
  }

  /** Whether answers of that session have to wait for one another at the moment. */
  boolean isExpecting(long sessionId) {
    return !expected.isEmpty() && expected.containsKey(sessionId);
  }

  /** The oldest unanswered request of a session with that number; null when there is none. */
  @Nullable Submission find(long sessionId, int cxid) {
    ArrayDeque<Submission> queue = expected.get(sessionId);
    if (queue != null) {
      for (Submission submission : queue) {
        if (!submission.isAnswered() && submission.caller().cxid() == cxid) {
          return submission;
        }
      }
    }
    return null;
  }

  /** It is answered; it leaves now, or when everything before it has. */
  void answer(Submission submission) {
    if (!submission.isExpected()) {
      deliver(submission);
      return;
    }
    ArrayDeque<Submission> queue = expected.get(submission.caller().sessionId());
    if (queue == null) {
      throw new IllegalStateException("expected and not there: " + submission.request());
    }
    long before = 0;
    while (!queue.isEmpty() && queue.getFirst().isAnswered()) {
      Submission next = queue.removeFirst();
      if (next.txn() == null && next.zxid() < before) {
        // It was answered while one before it was in flight: it is as of that one, at least.
        next.orderedBehind(before);
      }
      before = next.zxid();
      deliver(next);
    }
    if (queue.isEmpty()) {
      expected.remove(submission.caller().sessionId());
    }
  }

  boolean isEmpty() {
    return expected.isEmpty();
  }

  /** Nobody will know what becomes of all that is expected. */
  void lose() {
    for (ArrayDeque<Submission> queue : expected.values()) {
      for (Submission submission : queue) {
        if (!submission.isAnswered()) {
          submission.lost();
        }
        deliver(submission);
      }
    }
    expected.clear();
  }

  private static void deliver(Submission submission) {
    if (submission.hasClient()) {
      submission.client().deliver(submission);
    }
  }
}
