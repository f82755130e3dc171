package conclave.server.loop;

/** The two clocks of a process; everything that needs the time is given it from here. */
public interface Clock {

  /** The machine's clocks. */
  Clock SYSTEM =
      new Clock() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public long wallMs() {
          return System.currentTimeMillis();
        }
      };

  /** Monotonic nanoseconds since some moment: for timeouts and latencies. */
  long nanos();

  /** Milliseconds since 1970: for what people read, such as a znode's ctime. */
  long wallMs();

  /** Monotonic milliseconds since some moment. */
  default long monotonicMs() {
    return nanos() / 1_000_000;
  }
}
