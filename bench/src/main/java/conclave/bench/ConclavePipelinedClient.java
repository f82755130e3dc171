package conclave.bench;

import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.protocol.CreateMode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Conclave's own client. */
final class ConclavePipelinedClient implements PipelinedClient {
  private final ConclaveClient client;

  ConclavePipelinedClient(String servers) {
    client = ConclaveClient.connect(servers, ClientOptions.defaults()).join();
  }

  @Override
  public void create(List<String> paths, byte[] data) {
    CompletableFuture.allOf(
            paths.stream()
                .map(
                    path ->
                        client
                            .create(path, data, CreateMode.PERSISTENT)
                            .thenAccept(outcome -> outcome.orThrow()))
                .toArray(CompletableFuture<?>[]::new))
        .join();
  }

  @Override
  public void get(String path, Consumer<@Nullable Throwable> done) {
    client
        .getData(path)
        .whenComplete(
            (outcome, failure) ->
                done.accept(failure == null ? problem(outcome.refusal()) : failure));
  }

  @Override
  public void set(String path, byte[] data, Consumer<@Nullable Throwable> done) {
    client
        .setData(path, data, ConclaveClient.ANY_VERSION)
        .whenComplete(
            (outcome, failure) ->
                done.accept(failure == null ? problem(outcome.refusal()) : failure));
  }

  private static @Nullable Throwable problem(@Nullable Object refusal) {
    return refusal == null ? null : new IllegalStateException(refusal.toString());
  }

  @Override
  public void close() {
    client.close();
  }
}
