package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Request;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who owes a handshake or the rest of a frame is not waited for for ever. */
@Timeout(300)
class DeadlineTest {
  private static final int LIMIT_MS = 400;

  /** As long as a frame of a session may take. */
  private static final int SESSION_MS = 1000;

  /** The server looks once a second, and the machine may be busy. */
  private static final int PATIENCE_MS = LIMIT_MS + 10_000;

  @RegisterExtension
  static final ConclaveExtension conclave =
      new ConclaveExtension("nio.sessionlessCnxnTimeout=" + LIMIT_MS, "tickTime=500");

  @Test
  void aClientThatSaysNothing() throws Exception {
    try (RawClient client = RawClient.open(port())) {
      assertThat(client.isHungUpWithin(PATIENCE_MS)).isTrue();
    }
  }

  @Test
  void halfAHandshake() throws Exception {
    try (RawClient client = RawClient.open(port())) {
      client.sendBytes(Arrays.copyOf(RawClient.handshakeFrame(0, new byte[16], 5000), 20));
      assertThat(client.isHungUpWithin(PATIENCE_MS)).isTrue();
    }
  }

  @Test
  void aHandshakeByteByByte() throws Exception {
    try (RawClient client = RawClient.open(port())) {
      drip(client, 0);
    }
  }

  @Test
  void halfAFrameOfASession() throws Exception {
    try (RawClient client = RawClient.connect(conclave.server(), SESSION_MS)) {
      client.sendBytes(new byte[] {0, 0, 1, 0, 7});
      assertThat(client.isHungUpWithin(PATIENCE_MS)).isTrue();
    }
  }

  @Test
  void aFrameByteByByteWinsNoTimeByItsBytes() throws Exception {
    try (RawClient client = RawClient.connect(conclave.server(), SESSION_MS)) {
      drip(client, 1);
    }
  }

  @Test
  void halfALengthOfAFrame() throws Exception {
    try (RawClient client = RawClient.connect(conclave.server(), SESSION_MS)) {
      client.sendBytes(new byte[] {0, 0});
      assertThat(client.isHungUpWithin(PATIENCE_MS)).isTrue();
    }
  }

  @Test
  void aClientWhoseEveryPieceEndsInsideAFrameIsNotLate() throws Exception {
    ThreeTries.of(this::aClientWhoseEveryPieceEndsInsideAFrameIsNotLateOnce);
  }

  private void aClientWhoseEveryPieceEndsInsideAFrameIsNotLateOnce() throws Exception {
    try (RawClient client = RawClient.connect(conclave.server(), SESSION_MS)) {
      byte[] get = RawClient.frame(5, new Request.GetData("/", false));
      byte[] piece = new byte[get.length];
      int cut = 9;
      System.arraycopy(get, cut, piece, 0, get.length - cut);
      System.arraycopy(get, 0, piece, get.length - cut, cut);
      client.sendBytes(get, 0, cut);
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SESSION_MS + 2500);
      while (System.nanoTime() < end) {
        client.sendBytes(piece);
        assertThat(client.readReply().header().xid()).isEqualTo(5);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  @Test
  void aSessionThatOnlyPingsIsNotLate() throws Exception {
    ThreeTries.of(this::aSessionThatOnlyPingsIsNotLateOnce);
  }

  private void aSessionThatOnlyPingsIsNotLateOnce() throws Exception {
    try (RawClient client = RawClient.connect(conclave.server(), SESSION_MS)) {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SESSION_MS + 2000);
      while (System.nanoTime() < end) {
        client.ping();
        assertThat(client.read().header().xid()).isEqualTo(-2);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
      client.ok(new Request.GetData("/", false));
    }
  }

  /** Sends a byte of a large frame every now and then, until it is hung up on. */
  private static void drip(RawClient client, int highByte) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
    client.sendBytes(new byte[] {0, (byte) highByte, 1, 0});
    try {
      while (!client.isHungUpWithin(30)) {
        assertThat(System.nanoTime()).as("still not hung up on").isLessThan(deadline);
        client.sendBytes(new byte[] {0});
      }
    } catch (java.io.IOException e) {
      assertThat(e).isInstanceOf(java.net.SocketException.class);
    }
  }

  private static int port() {
    return conclave.server().port();
  }
}
