package conclave.replica;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.ErrorCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.state.Caller;
import conclave.state.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A session's answers leave in the order of its requests, whatever becomes known first. */
class AnswerOrderTest {
  private final AnswerOrder order = new AnswerOrder();
  private final RecordingClient client = new RecordingClient(7);

  private Submission ask(RecordingClient by, int cxid) {
    return new Submission(
        by, new Caller(by.sessionId(), cxid, List.of()), new Request.Sync("/"), 0);
  }

  private void answer(Submission submission) {
    submission.done(new Outcome(ErrorCode.OK, Reply.NOTHING), null);
    order.answer(submission);
  }

  @Test
  void whatIsNotExpectedLeavesAtOnce() {
    answer(ask(client, 1));

    assertThat(client.answered()).containsExactly(1);
  }

  @Test
  void aWriteDoesNotOvertakeTheSyncBeforeIt() {
    Submission sync = ask(client, 1);
    Submission write = ask(client, 2);
    order.expect(sync);
    order.expect(write);

    answer(write);
    assertThat(client.answered()).isEmpty();

    answer(sync);
    assertThat(client.answered()).containsExactly(1, 2);
    assertThat(order.isEmpty()).isTrue();
  }

  @Test
  void whatCameBeforeTheSyncIsNotHeldByIt() {
    Submission write = ask(client, 1);
    order.expect(ask(client, 2));

    answer(write);

    assertThat(client.answered()).containsExactly(1);
  }

  @Test
  void whatWasAnsweredBeforeItsTurnIsAsOfThen() {
    Submission write = ask(client, 1);
    Submission refused = ask(client, 2);
    order.expect(write);
    order.expect(refused);
    refused.orderedBehind(5);
    answer(refused);
    assertThat(client.answered()).isEmpty();

    write.orderedBehind(9);
    answer(write);

    assertThat(client.answered()).containsExactly(1, 2);
    assertThat(refused.zxid()).isEqualTo(9);
  }

  @Test
  void sessionsDoNotWaitForEachOther() {
    RecordingClient other = new RecordingClient(8);
    order.expect(ask(client, 1));
    Submission write = ask(other, 1);
    order.expect(write);

    answer(write);

    assertThat(other.answered()).containsExactly(1);
    assertThat(client.answered()).isEmpty();
  }

  @Test
  void requestsAreFoundByTheirNumberUntilTheyAreAnswered() {
    Submission first = ask(client, 5);
    Submission second = ask(client, 6);
    order.expect(first);
    order.expect(second);

    assertThat(order.find(7, 6)).isSameAs(second);
    assertThat(order.find(7, 9)).isNull();
    assertThat(order.find(8, 5)).isNull();

    answer(second);
    assertThat(order.find(7, 6)).as("answered, though it has not left").isNull();
  }

  @Test
  void everythingComesBackOnceWhenNobodyWillKnow() {
    Submission first = ask(client, 1);
    Submission second = ask(client, 2);
    Submission third = ask(client, 3);
    order.expect(first);
    order.expect(second);
    order.expect(third);
    answer(first);
    answer(third);

    order.lose();

    assertThat(client.answered()).containsExactly(1, 2, 3);
    assertThat(first.isLost()).isFalse();
    assertThat(second.isLost()).isTrue();
    assertThat(third.isLost()).as("its outcome was known").isFalse();
  }
}
