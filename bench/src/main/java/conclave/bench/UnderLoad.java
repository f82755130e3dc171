package conclave.bench;

import java.io.IOException;
import java.net.InetSocketAddress;

/** What a load is put on: one server, or all members of an ensemble. */
interface UnderLoad extends AutoCloseable {
  /** Where the load's {@code n}-th connection goes, so that all members get the same share. */
  InetSocketAddress address(long n);

  /** Where a session goes that is the only one; a follower, when there are any. */
  InetSocketAddress front();

  boolean isAlive();

  /** User and system time of all processes together. */
  long cpuMicros() throws IOException;

  @Override
  void close() throws IOException;
}
