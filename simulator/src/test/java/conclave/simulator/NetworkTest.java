package conclave.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NetworkTest {
  private final Randoms randoms = new Randoms(1);
  private final World world = new World(randoms, new Trace(null));
  private final Network network = new Network(world, randoms, 2, 100);
  private final Machine a = new Machine();
  private final Machine b = new Machine();
  private Network.@Nullable End near;

  /** Keeps what arrives. */
  private static final class Machine implements Network.Listener, Network.Handler {
    final List<Object> arrived = new ArrayList<>();
    Network.Reachable reachable = Network.Reachable.YES;
    Network.@Nullable End end;
    boolean closed;

    @Override
    public Network.Reachable reachable() {
      return reachable;
    }

    @Override
    public Network.Handler accepted(Network.End made, Object port) {
      end = made;
      return this;
    }

    @Override
    public void received(Object message) {
      arrived.add(message);
    }

    @Override
    public void closed() {
      closed = true;
    }
  }

  NetworkTest() {
    network.add(a);
    network.add(b);
  }

  private Network.End connect() {
    network.connect(
        0,
        1,
        "port",
        end -> {
          near = end;
          return a;
        });
    world.runUntil(world.nowUs() + World.SECOND);
    Network.End end = near;
    if (end == null) {
      throw new AssertionError("not connected");
    }
    return end;
  }

  @Test
  void whatIsSentArrivesInOrder() {
    Network.End end = connect();
    List<Object> sent = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      sent.add(i);
      end.send(i, 10);
    }
    world.runUntil(10 * World.SECOND);
    assertThat(b.arrived).isEqualTo(sent);
  }

  @Test
  void whatACutHoldsUpArrivesAfterIt() {
    Network.End end = connect();
    network.cut(0, 1);
    end.send("late", 10);
    world.runUntil(world.nowUs() + 5 * World.SECOND);
    assertThat(b.arrived).isEmpty();
    network.heal(0, 1);
    world.runUntil(world.nowUs() + 5 * World.SECOND);
    assertThat(b.arrived).containsExactly("late");
  }

  @Test
  void aCutOfOneWayLeavesTheOther() {
    connect();
    network.cut(0, 1);
    Network.End far = b.end;
    if (far == null) {
      throw new AssertionError("not accepted");
    }
    far.send("back", 10);
    world.runUntil(world.nowUs() + World.SECOND);
    assertThat(a.arrived).containsExactly("back");
  }

  @Test
  void nobodyListens() {
    b.reachable = Network.Reachable.REFUSED;
    List<Boolean> results = new ArrayList<>();
    network.connect(0, 1, "port", end -> note(results, end));
    world.runUntil(World.SECOND);
    assertThat(results).containsExactly(false);
  }

  @Test
  void aMachineThatIsOffSaysNothing() {
    b.reachable = Network.Reachable.SILENT;
    List<Boolean> results = new ArrayList<>();
    network.connect(0, 1, "port", end -> note(results, end));
    world.runUntil(World.SECOND);
    assertThat(results).isEmpty();
    world.runUntil(10 * World.SECOND);
    assertThat(results).containsExactly(false);
  }

  private Network.@Nullable Handler note(List<Boolean> results, Network.@Nullable End end) {
    results.add(end != null);
    return null;
  }

  @Test
  void theOtherSideLearnsOfTheEndBehindWhatWasSent() {
    Network.End end = connect();
    end.send("last", 10);
    end.close();
    world.runUntil(world.nowUs() + World.SECOND);
    assertThat(b.arrived).containsExactly("last");
    assertThat(b.closed).isTrue();
  }

  @Test
  void whoseMachineIsGoneIsNoticedByWhoSends() {
    Network.End end = connect();
    end.vanish();
    world.runUntil(world.nowUs() + 60 * World.SECOND);
    assertThat(b.closed).isFalse();
    Network.End far = b.end;
    if (far == null) {
      throw new AssertionError("not accepted");
    }
    far.send("hello?", 10);
    world.runUntil(world.nowUs() + World.SECOND);
    assertThat(b.closed).isTrue();
    assertThat(a.arrived).isEmpty();
  }

  @Test
  void aNarrowWayTakesItsTime() {
    Network.End end = connect();
    network.slow(0, 1, 1000);
    end.send("big", 5000);
    world.runUntil(world.nowUs() + 4 * World.SECOND);
    assertThat(b.arrived).isEmpty();
    world.runUntil(world.nowUs() + 2 * World.SECOND);
    assertThat(b.arrived).containsExactly("big");
  }
}
