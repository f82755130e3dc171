package conclave.compat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * One seed's script, run against one server: several sessions take turns, now and then one ends or
 * moves to a new connection. Only one batch of requests is under way at a time, so that the outcome
 * depends on nothing but the seed.
 */
final class DifferentialRun {
  private static final int SESSIONS = 3;

  /** Unimplemented and authentication failed: the server closes the connection after these. */
  private static final Set<Integer> CLOSING = Set.of(-6, -115);

  private final ServerProcess server;
  private final Random random;
  private final RandomRequests requests;
  private final Transcript transcript;
  private final List<Wire> wires = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();
  private final boolean damaging;
  private int sessionCount;

  private DifferentialRun(ServerProcess server, long seed, String root, boolean damaging)
      throws IOException {
    this.server = server;
    this.damaging = damaging;
    this.random = new Random(seed);
    this.requests = new RandomRequests(random, root, seed % 2 == 0);
    try (Wire first = Wire.session(server)) {
      this.transcript = new Transcript(first.ok(Requests.create(root)).zxid());
      first.endSession();
    }
    for (int i = 0; i < SESSIONS; i++) {
      wires.add(open());
    }
  }

  /** Runs the seed's script and returns what happened, line by line. */
  static List<String> run(ServerProcess server, long seed, int steps) throws IOException {
    return run(new DifferentialRun(server, seed, "/seed" + seed, false), steps);
  }

  /** As {@link #run}; every other step sends one damaged request. */
  static List<String> runDamaged(ServerProcess server, long seed, int steps) throws IOException {
    return run(new DifferentialRun(server, seed, "/damaged" + seed, true), steps);
  }

  private static List<String> run(DifferentialRun run, int steps) throws IOException {
    try {
      for (int step = 0; step < steps; step++) {
        run.step(step);
      }
      for (Wire wire : run.wires) {
        wire.endSession();
      }
    } finally {
      for (Wire wire : run.wires) {
        wire.close();
      }
    }
    return run.lines;
  }

  private void step(int step) throws IOException {
    int who = random.nextInt(SESSIONS);
    int dice = random.nextInt(100);
    if (dice == 0) {
      end(step, who);
    } else if (dice == 1) {
      resume(step, who);
    } else {
      batch(step, who);
    }
    for (int other = 0; other < SESSIONS; other++) {
      settle(step, other, dice == 0);
    }
  }

  private void end(int step, int who) throws IOException {
    Wire old = wires.get(who);
    Request end = new Request(Requests.CLOSE_SESSION, new byte[0], "closeSession");
    old.send(end);
    record(step, who, end.label(), transcript.reply(end, old.reply()));
    record(step, who, end.label(), old.closedByServer() ? "closed" : "open");
    old.close();
    wires.set(who, open());
  }

  private void resume(int step, int who) throws IOException {
    Wire old = wires.get(who);
    old.close();
    Wire next = Wire.open(server);
    Session session = next.shake(Handshake.resume(old.session()));
    wires.set(who, next);
    record(step, who, "resume", "same session: " + (session.id() == old.session().id()));
  }

  private void batch(int step, int who) throws IOException {
    Wire wire = wires.get(who);
    List<Request> batch = new ArrayList<>();
    int count = random.nextInt(damaging ? 3 : 5);
    for (int i = 0; i < count; i++) {
      batch.add(requests.next(transcript.baseZxid()));
    }
    if (count == 0) {
      batch.add(damaging ? requests.damaged(transcript.baseZxid()) : requests.alone());
    }
    try {
      for (Request request : batch) {
        wire.send(request);
      }
      int answered = 0;
      while (answered < batch.size()) {
        Incoming incoming = wire.next();
        if (incoming instanceof Incoming.Reply reply) {
          Request request = batch.get(answered++);
          record(step, who, request.label(), transcript.reply(request, reply));
          if (count == 0 && CLOSING.contains(reply.err())) {
            // Wait for it, lest the next request is sometimes answered and sometimes not.
            record(step, who, request.label(), wire.closedByServer() ? "closed" : "open");
            resume(step, who);
          }
        } else {
          record(step, who, "", transcript.event((Incoming.Event) incoming));
        }
      }
    } catch (EOFException | SocketException closed) {
      record(step, who, batch.toString(), "closed");
      resume(step, who);
    }
  }

  /** Takes the events that are on their way. */
  private void settle(int step, int who, boolean unordered) throws IOException {
    Wire wire = wires.get(who);
    List<String> events = new ArrayList<>();
    try {
      wire.send(Requests.exists("/", false));
      while (wire.next() instanceof Incoming.Event event) {
        events.add(transcript.event(event));
      }
    } catch (EOFException | SocketException closed) {
      record(step, who, "", "closed");
      resume(step, who);
    }
    if (unordered) {
      // The ephemerals of one session go in no particular order.
      Collections.sort(events);
    }
    events.forEach(event -> record(step, who, "", event));
  }

  private Wire open() throws IOException {
    Wire wire = Wire.session(server);
    transcript.nameSession(wire.session().id(), "S" + sessionCount++);
    return wire;
  }

  private void record(int step, int who, String request, String answer) {
    lines.add("#" + step + " s" + who + " " + request + " → " + answer);
  }
}
