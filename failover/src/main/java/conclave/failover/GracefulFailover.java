package conclave.failover;

import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Makes a node active that is well, without an outage of more than a moment: the others are asked
 * to stay out of the election for a while, the active last, so that only one is left. As Hadoop's
 * ZKFailoverController does it. Whatever goes wrong, the election decides, and nobody is kept out
 * of it for long.
 */
public final class GracefulFailover {
  private static final long AWAY_MS = 30_000;
  private static final long POLL_MS = 100;

  private final FailoverConfig config;
  private final ControlClient client;

  public GracefulFailover(FailoverConfig config) {
    this(config, ControlClient.newHttpClient());
  }

  GracefulFailover(FailoverConfig config, HttpClient http) {
    this.config = config;
    client = new ControlClient(http, config.secret());
  }

  /**
   * Returns when the node is active.
   *
   * @param progress is told what is done, line by line
   */
  public void to(String name, Consumer<String> progress)
      throws ControlException, InterruptedException {
    NodeConfig target = known(name);
    NodeStatus status = client.status(target.controller());
    if (status.elector() == ElectorState.ACTIVE) {
      progress.accept(name + " is active already.");
      return;
    }
    if (status.health() != HealthState.SERVICE_HEALTHY) {
      throw new ControlException(
          name
              + " can't become active: its health is "
              + status.health()
              + (status.healthDetail().isEmpty() ? "." : ", " + status.healthDetail() + "."));
    }
    if (status.elector() != ElectorState.STANDBY) {
      throw new ControlException(
          name + " takes no part in the election now (" + status.elector() + "); try again later.");
    }
    List<NodeConfig> asked = new ArrayList<>();
    try {
      // The active last: when it goes, nobody but the target is to be there.
      NodeConfig active = known(activeOf(status, name));
      for (NodeConfig node : config.nodes()) {
        if (!node.equals(target) && !node.equals(active)) {
          askOther(node, asked, progress);
        }
      }
      askActive(active, asked, progress);
      awaitActive(target);
      progress.accept(name + " is active.");
    } finally {
      for (NodeConfig node : asked) {
        release(node);
      }
    }
  }

  private NodeConfig known(String name) throws ControlException {
    NodeConfig node = config.find(name);
    if (node == null) {
      throw new ControlException(
          "There is no node "
              + name
              + " in "
              + config.file()
              + "; there are "
              + String.join(", ", config.nodes().stream().map(NodeConfig::name).toList())
              + ".");
    }
    return node;
  }

  private static String activeOf(NodeStatus status, String name) throws ControlException {
    if (status.active().isEmpty()) {
      throw new ControlException(
          "Nobody is active now, so there is nobody to take over from; the election will decide"
              + " whether "
              + name
              + " becomes active.");
    }
    return status.active();
  }

  private void askOther(NodeConfig node, List<NodeConfig> asked, Consumer<String> progress)
      throws InterruptedException {
    try {
      asked.add(node);
      client.yield(node.controller(), AWAY_MS, config.election().stopMs());
      progress.accept(node.name() + " stays out of the election.");
    } catch (ControlException e) {
      // Who can't be asked may be down; if it isn't, it may win, and that is seen below.
      progress.accept(node.name() + " can't be asked to stay out: " + e.getMessage());
    }
  }

  private void askActive(NodeConfig active, List<NodeConfig> asked, Consumer<String> progress)
      throws ControlException, InterruptedException {
    asked.add(active);
    ControlClient.Answer answer =
        client.yield(active.controller(), AWAY_MS, config.election().stopMs());
    if (!answer.granted()) {
      throw new ControlException(
          active.name() + " could not give way in good order: " + answer.text() + ".");
    }
    progress.accept(active.name() + " is standby, and has given up the lock.");
  }

  private void awaitActive(NodeConfig target) throws ControlException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AWAY_MS);
    while (true) {
      NodeStatus status = client.status(target.controller());
      if (status.elector() == ElectorState.ACTIVE) {
        return;
      }
      if (status.health() != HealthState.SERVICE_HEALTHY) {
        throw new ControlException(
            target.name() + " did not become active: its health is " + status.health() + ".");
      }
      if (System.nanoTime() - deadline >= 0) {
        throw new ControlException(
            target.name()
                + " did not become active within "
                + AWAY_MS
                + " ms; \"conclave failover status\" shows why.");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MS));
    }
  }

  private void release(NodeConfig node) throws InterruptedException {
    try {
      client.yield(node.controller(), 0, config.election().stopMs());
    } catch (ControlException e) {
      // It comes back by itself when its time is over.
      return;
    }
  }
}
