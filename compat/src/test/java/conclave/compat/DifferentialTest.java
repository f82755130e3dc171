package conclave.compat;

import static org.assertj.core.api.Assertions.fail;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random requests, the same for two servers, must get the same answers and the same events in the
 * same order. With the oracle alone two of its servers are compared, which shows that the scripts
 * depend on nothing but their seed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DifferentialTest {
  private static final int STEPS = 400;
  private static final int HANDSHAKES = 60;
  private static final int SHOWN_LINES = 40;

  private List<ServerProcess> servers = List.of();

  /** {@code -Dconclave.compat.seeds=FROM-TO} looks further than the seeds of every build. */
  static LongStream seeds() {
    String[] range = System.getProperty("conclave.compat.seeds", "1-6").split("-");
    return LongStream.rangeClosed(Long.parseLong(range[0]), Long.parseLong(range[1]));
  }

  @BeforeAll
  void start() {
    ServerSpec spec =
        ServerSpec.full()
            // Removal by the clock would take transaction ids at moments of its own.
            .property("znode.container.checkIntervalMs", "100000000");
    List<Target> targets = Target.selected();
    servers =
        List.of(
            ServerProcess.start(targets.get(0), spec),
            ServerProcess.start(targets.get(targets.size() - 1), spec));
  }

  @AfterAll
  void stop() {
    servers.forEach(ServerProcess::close);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void sameAnswers(long seed) throws IOException {
    compare(
        seed,
        DifferentialRun.run(servers.get(0), seed, STEPS),
        DifferentialRun.run(servers.get(1), seed, STEPS));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void sameAnswersToDamagedRequests(long seed) throws IOException {
    compare(
        seed,
        DifferentialRun.runDamaged(servers.get(0), seed, STEPS),
        DifferentialRun.runDamaged(servers.get(1), seed, STEPS));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void sameAnswersToDamagedHandshakes(long seed) throws IOException {
    compare(seed, damagedHandshakes(servers.get(0), seed), damagedHandshakes(servers.get(1), seed));
  }

  private static List<String> damagedHandshakes(ServerProcess server, long seed)
      throws IOException {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < HANDSHAKES; i++) {
      byte[] handshake = Handshake.fresh().bytes();
      int position = random.nextInt(handshake.length);
      handshake[position] = (byte) random.nextInt(256);
      int length = handshake.length + (random.nextBoolean() ? 0 : random.nextInt(40) - 35);
      byte[] frame = Arrays.copyOf(handshake, Math.max(0, length));
      lines.add(Hex.of(frame) + " → " + answer(server, frame));
    }
    return lines;
  }

  private static String answer(ServerProcess server, byte[] handshake) throws IOException {
    try (Wire wire = Wire.open(server)) {
      wire.sendFrame(handshake);
      byte[] frame = wire.readFrame();
      Session session = Session.read(frame);
      if (session.id() == 0) {
        return "refused with " + Hex.of(frame);
      }
      Incoming.Reply end = wire.endSession();
      return "session of %d ms, %d bytes, tail %s, closed with %d"
          .formatted(session.timeoutMs(), frame.length, Hex.of(session.tail()), end.err());
    } catch (EOFException | SocketException closed) {
      return "closed";
    }
  }

  private void compare(long seed, List<String> expected, List<String> actual) {
    for (int i = 0; i < Math.max(expected.size(), actual.size()); i++) {
      String wanted = i < expected.size() ? expected.get(i) : "nothing";
      String got = i < actual.size() ? actual.get(i) : "nothing";
      if (!wanted.equals(got)) {
        List<String> history = new ArrayList<>(expected.subList(Math.max(0, i - SHOWN_LINES), i));
        fail(
            "seed %d, first difference in line %d%n%s%n%s: %s%n%s: %s",
            seed, i, String.join("\n", history), servers.get(0), wanted, servers.get(1), got);
      }
    }
  }
}
