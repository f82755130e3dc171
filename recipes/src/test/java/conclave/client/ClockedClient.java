package conclave.client;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The client of production with a wall clock that is not the machine's. */
public final class ClockedClient {
  private ClockedClient() {}

  /**
   * Connects.
   *
   * @param behind by how much the client's clock is behind the machine's
   */
  public static CompletableFuture<ConclaveClient> connect(String servers, Duration behind) {
    return ConclaveClient.connect(
        ConnectString.parse(servers),
        ClientOptions.defaults(),
        new Clocked(ClientPorts.open(), behind.toMillis()));
  }

  private record Clocked(ClientPorts real, long behindMs) implements ClientPorts {
    @Override
    public long currentTimeMs() {
      return real.currentTimeMs() - behindMs;
    }

    @Override
    public long nanoTime() {
      return real.nanoTime();
    }

    @Override
    public Random random() {
      return real.random();
    }

    @Override
    public UUID newUuid() {
      return real.newUuid();
    }

    @Override
    public EventLoop loop() {
      return real.loop();
    }

    @Override
    public ChannelFactory<? extends Channel> channels() {
      return real.channels();
    }

    @Override
    public Executor logins() {
      return real.logins();
    }

    @Override
    public void close() {
      real.close();
    }
  }
}
