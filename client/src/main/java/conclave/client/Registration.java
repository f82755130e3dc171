package conclave.client;

/** What a listener was registered as; closing it ends that. Closing twice does nothing. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
  @Override
  void close();
}
