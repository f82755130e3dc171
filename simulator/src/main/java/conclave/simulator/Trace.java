package conclave.simulator;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What happened, as a hash that tells two runs apart, and for who wants to read it as lines of
 * text.
 */
final class Trace {
  private final @Nullable Consumer<String> lines;
  private long hash = 1;

  Trace(@Nullable Consumer<String> lines) {
    this.lines = lines;
  }

  /** Puts a number into the hash. */
  void mix(long value) {
    hash = Randoms.mix(hash * 31 + value);
  }

  long hash() {
    return hash;
  }

  boolean isRead() {
    return lines != null;
  }

  /** Tells what happens, to who reads. */
  void say(long nowUs, Supplier<String> what) {
    if (lines != null) {
      lines.accept(time(nowUs) + " " + what.get());
    }
  }

  private static String time(long us) {
    return String.format("%5d.%06d", us / 1_000_000, us % 1_000_000);
  }
}
