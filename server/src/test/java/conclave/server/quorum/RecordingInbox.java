package conclave.server.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps what comes in, for a test to look at one after the other. */
final class RecordingInbox implements QuorumInbox {
  static final long PATIENCE_MS = 20_000;

  private final BlockingQueue<QuorumInput> inputs = new LinkedBlockingQueue<>();
  private final AtomicInteger wakes = new AtomicInteger();

  @Override
  public void put(QuorumInput input) {
    inputs.add(input);
  }

  @Override
  public void wake() {
    wakes.incrementAndGet();
  }

  int wakes() {
    return wakes.get();
  }

  int size() {
    return inputs.size();
  }

  QuorumInput next() throws InterruptedException {
    QuorumInput input = inputs.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
    assertThat(input).as("an input within %d ms", PATIENCE_MS).isNotNull();
    return input;
  }

  /** The next one, which has to be of that kind. */
  <T extends QuorumInput> T next(Class<T> kind) throws InterruptedException {
    QuorumInput input = next();
    assertThat(input).isInstanceOf(kind);
    return kind.cast(input);
  }

  /** The next one of that kind; what comes before it is passed over. */
  <T extends QuorumInput> T await(Class<T> kind) throws InterruptedException {
    while (true) {
      QuorumInput input = next();
      if (kind.isInstance(input)) {
        return kind.cast(input);
      }
    }
  }

  void expect(QuorumInput expected) throws InterruptedException {
    assertThat(next()).isEqualTo(expected);
  }

  void expectNothingMore() {
    List<QuorumInput> rest = new ArrayList<>();
    inputs.drainTo(rest);
    assertThat(rest).isEmpty();
  }
}
