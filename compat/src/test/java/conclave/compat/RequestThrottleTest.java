package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One request in process at a time, refused when it has waited for more than five milliseconds. */
final class RequestThrottleTest extends OneServer {
  private static final int THROTTLED_OP = -127;
  private static final int REQUESTS = 2000;

  RequestThrottleTest() {
    super(
        ServerSpec.standard()
            .with("request_throttle_max_requests", "1")
            .with("request_throttle_stall_time", "1")
            .with("throttled_op_wait_time", "5"));
  }

  @Test
  void whatHasWaitedTooLongIsRefusedInItsTurn() throws IOException {
    Wire wire = session();
    List<Integer> codes = writes(wire);
    int refused = (int) codes.stream().filter(code -> code == THROTTLED_OP).count();
    assertThat(codes).containsOnly(0, THROTTLED_OP);
    assertThat(refused).isPositive();
    assertThat(refused).isLessThan(REQUESTS);
    assertThat(read(wire).stat().version()).isEqualTo(REQUESTS - refused);
  }

  @Test
  void pingsAndTheEndOfASessionAreNeverRefused() throws IOException {
    Wire wire = session();
    for (int i = 0; i < REQUESTS; i++) {
      wire.send(i + 1, Requests.setData(root, new byte[10], -1));
    }
    wire.send(Wire.PING_XID, new Request(Requests.PING, new byte[0], "ping"));
    wire.send(REQUESTS + 1, new Request(Requests.CLOSE_SESSION, new byte[0], "closeSession"));
    int codeOfEnd = Integer.MIN_VALUE;
    for (int replies = 0; replies < REQUESTS + 2; replies++) {
      Incoming.Reply reply = wire.reply();
      if (reply.xid() == Wire.PING_XID) {
        assertThat(reply.err()).isZero();
      } else if (reply.xid() == REQUESTS + 1) {
        codeOfEnd = reply.err();
      }
    }
    assertThat(codeOfEnd).isZero();
    assertThat(wire.closedByServer()).isTrue();
  }

  @Test
  void aRefusedRequestTakesNoZxid() throws IOException {
    Wire wire = session();
    long before = taken(wire, Requests.setData(root, new byte[1], -1)).zxid();
    List<Integer> codes = writes(wire);
    long done = codes.stream().filter(code -> code == 0).count();
    assertThat(taken(wire, Requests.exists("/", false)).zxid()).isEqualTo(before + done);
  }

  private Incoming.Reply read(Wire wire) throws IOException {
    return taken(wire, Requests.exists(root, false));
  }

  /**
   * Asks until it is not refused: a server that has nothing else to do may be kept from its work
   * for five milliseconds, too.
   */
  private static Incoming.Reply taken(Wire wire, Request request) throws IOException {
    Incoming.Reply reply = wire.call(request);
    for (int tries = 1; reply.err() == THROTTLED_OP && tries < 100; tries++) {
      reply = wire.call(request);
    }
    assertThat(reply.err()).isZero();
    return reply;
  }

  /** The codes of many writes that are all sent at once. */
  private List<Integer> writes(Wire wire) throws IOException {
    int first = wire.send(Requests.setData(root, new byte[10], -1));
    for (int i = 1; i < REQUESTS; i++) {
      wire.send(Requests.setData(root, new byte[10], -1));
    }
    List<Integer> codes = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      Incoming.Reply reply = wire.reply();
      assertThat(reply.xid()).isEqualTo(first + i);
      codes.add(reply.err());
    }
    return codes;
  }
}
