package conclave.client;

import conclave.simulator.Guest;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoop;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The client of production as a process on a simulated machine. */
public final class GuestClient {
  private GuestClient() {}

  /**
   * Connects to an ensemble of so many members.
   *
   * @param machine where the process runs, which calls this
   */
  public static CompletableFuture<ConclaveClient> connect(
      Guest machine, int members, ClientOptions options) {
    String servers =
        IntStream.rangeClosed(1, members)
            .mapToObj(i -> "10.0.0." + i + ":2181")
            .collect(Collectors.joining(","));
    return ConclaveClient.connect(ConnectString.parse(servers), options, new OfMachine(machine));
  }

  /** Time, chance and wires of a simulated machine. */
  private static final class OfMachine implements ClientPorts {
    private final Guest machine;
    private final GuestLoop loop;
    private final Random random;

    OfMachine(Guest machine) {
      this.machine = machine;
      this.loop = new GuestLoop(machine);
      this.random = new Random(machine.random().nextLong());
    }

    @Override
    public EventLoop loop() {
      return loop;
    }

    @Override
    public ChannelFactory<? extends Channel> channels() {
      return () -> new GuestChannel(machine, loop);
    }

    @Override
    public Executor logins() {
      // The world has one thread, which nobody may keep waiting.
      return loop;
    }

    @Override
    public void close() {
      loop.close();
    }

    @Override
    public long nanoTime() {
      return machine.nanoTime();
    }

    @Override
    public long currentTimeMs() {
      return machine.currentTimeMs();
    }

    @Override
    public Random random() {
      return random;
    }

    @Override
    public UUID newUuid() {
      return new UUID(random.nextLong(), random.nextLong());
    }
  }
}
