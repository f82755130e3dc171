package conclave.simulator;

import conclave.consensus.Leading;
import conclave.consensus.Membership;
import conclave.consensus.Zxid;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import conclave.replica.RoleView;
import conclave.replica.Serving;
import conclave.simulator.Fault.Death;
import conclave.simulator.Fault.Timed;
import conclave.simulator.Randoms.Purpose;
import conclave.state.StateMachine;
import conclave.storage.StorageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One ensemble from its first start to its last comparison. First everything may go wrong for a
 * while, then nothing does any more: then it must be available again within bounded time, through
 * every member, and in the end all members must have the same.
 */
public final class Simulation implements Surroundings {
  /** How long after the last fault the ensemble may take until all members serve. */
  private static final long RECOVERY_MS = 120_000;

  private static final long STEP_MS = 100;
  private static final long LONGEST_SESSION_MS = 32_000;

  /** For clients that a script adds. */
  private static final int SPARE_MACHINES = 2;

  private final Options options;
  private final Randoms randoms;
  private final Tampering tampering;
  private final World world;
  private final Network network;
  private final Invariants invariants;
  private final HistoryChecker checker;
  private final Membership membership;
  private final List<Member> members = new ArrayList<>();
  private final List<SimulatedClient> clients = new ArrayList<>();
  private final List<SimulatedClient> probes = new ArrayList<>();
  private final Guests visitors;
  private final List<Guest> guests = new ArrayList<>();

  Simulation(
      long seed, Options options, Tampering tampering, @Nullable Consumer<String> traceLines) {
    this(seed, options, tampering, Guests.NONE, traceLines);
  }

  private Simulation(
      long seed,
      Options options,
      Tampering tampering,
      Guests visitors,
      @Nullable Consumer<String> traceLines) {
    this.options = options;
    this.visitors = visitors;
    this.tampering = tampering;
    this.randoms = new Randoms(seed);
    this.world = new World(randoms, new Trace(traceLines));
    int machines = 2 * options.members() + options.clients() + SPARE_MACHINES + visitors.machines();
    this.network = new Network(world, randoms, machines, options.delayUs());
    long[] weights = weights(options);
    this.membership = Membership.parse(text(options, weights));
    this.invariants = new Invariants(world, members, weights, groups(options));
    this.checker =
        new HistoryChecker(
            invariants.log(),
            invariants::isDecided,
            options.features().sessions() != Options.Sessions.GLOBAL);
    if (options.features().sessions() != Options.Sessions.GLOBAL) {
      invariants.log().allowLocalSessions();
    }
    for (int i = 0; i < options.members(); i++) {
      Member member = new Member(this, i);
      members.add(member);
      network.add(member);
    }
    List<Integer> all = new ArrayList<>();
    members.forEach(member -> all.add(member.index()));
    for (int i = 0; i < options.clients(); i++) {
      clients.add(client(i, all, options.thinkMs(), options.pipelined()));
    }
    for (int i = 0; i < options.members(); i++) {
      probes.add(client(1000 + i, List.of(i), 1, 1));
    }
    for (int i = 0; i < visitors.machines(); i++) {
      guests.add(new Guest(world, network, randoms, visitors, i));
    }
  }

  SimulatedClient client(int number, List<Integer> servers, long thinkMs, int pipelined) {
    SimulatedClient client =
        new SimulatedClient(
            world,
            network,
            checker,
            randoms.of(Purpose.CLIENT, number),
            servers,
            thinkMs,
            pipelined);
    Options.Features features = options.features();
    client.habits(features.persistentWatches(), features.readOnlyMode() && number % 3 == 0);
    return client;
  }

  /** Odd members weigh two where weights are asked for, and the last voter nothing. */
  private static long[] weights(Options options) {
    long[] weights = new long[options.members()];
    Arrays.fill(weights, 0, options.voters(), 1);
    if (options.weights()) {
      for (int i = 0; i < options.voters(); i += 2) {
        weights[i] = 2;
      }
      weights[options.voters() - 1] = 0;
    }
    return weights;
  }

  private static int groups(Options options) {
    return options.weights() ? options.features().groups() : 1;
  }

  private static String text(Options options, long[] weights) {
    StringBuilder text = new StringBuilder();
    List<StringBuilder> groups = new ArrayList<>();
    for (int i = 0; i < groups(options); i++) {
      groups.add(new StringBuilder("group." + (i + 1) + "="));
    }
    StringBuilder weight = new StringBuilder();
    for (int i = 0; i < options.members(); i++) {
      boolean voter = i < options.voters();
      text.append("server.")
          .append(i + 1)
          .append("=10.0.0.")
          .append(i + 1)
          .append(":2888:3888:")
          .append(voter ? "participant" : "observer")
          .append('\n');
      if (voter) {
        groups.get(i % groups.size()).append(i < groups.size() ? "" : ":").append(i + 1);
        weight.append("weight.").append(i + 1).append('=').append(weights[i]).append('\n');
      }
    }
    if (options.weights()) {
      groups.forEach(group -> text.append(group).append('\n'));
      text.append(weight);
    }
    return text.append("version=0").toString();
  }

  /** Runs one seed with everything that it draws. */
  public static Verdict run(long seed, Options options, @Nullable Consumer<String> traceLines) {
    return run(seed, options, FaultPlan.draw(seed, options), Tampering.NONE, traceLines);
  }

  /** Runs the first steps of one seed; a step is one thing that happens. */
  public static Verdict run(
      long seed, Options options, long mostSteps, @Nullable Consumer<String> traceLines) {
    return run(seed, options, FaultPlan.draw(seed, options), Tampering.NONE, mostSteps, traceLines);
  }

  /** Runs one seed with these faults. */
  public static Verdict run(
      long seed, Options options, List<Timed> faults, @Nullable Consumer<String> traceLines) {
    return run(seed, options, faults, Tampering.NONE, traceLines);
  }

  /**
   * Runs one seed with guests, which have faults of their own.
   *
   * @param guestFaultEveryMs how often something happens to one of them on the average
   */
  public static Verdict run(
      long seed,
      Options options,
      Guests guests,
      long guestFaultEveryMs,
      @Nullable Consumer<String> traceLines) {
    List<Timed> faults = new ArrayList<>(FaultPlan.draw(seed, options));
    faults.addAll(FaultPlan.drawForGuests(seed, options, guests.machines(), guestFaultEveryMs));
    Simulation simulation = new Simulation(seed, options, Tampering.NONE, guests, traceLines);
    return simulation.run(seed, faults, Long.MAX_VALUE);
  }

  static Verdict run(
      long seed,
      Options options,
      List<Timed> faults,
      Tampering tampering,
      @Nullable Consumer<String> traceLines) {
    return run(seed, options, faults, tampering, Long.MAX_VALUE, traceLines);
  }

  private static Verdict run(
      long seed,
      Options options,
      List<Timed> faults,
      Tampering tampering,
      long mostSteps,
      @Nullable Consumer<String> traceLines) {
    return new Simulation(seed, options, tampering, traceLines).run(seed, faults, mostSteps);
  }

  private Verdict run(long seed, List<Timed> faults, long mostSteps) {
    world.stopAfter(mostSteps);
    Violation violation = null;
    try {
      live(faults);
    } catch (World.Stopped e) {
      world.say(() -> "stopped after " + mostSteps + " steps");
    } catch (Violation e) {
      violation = e;
      world.say(() -> "VIOLATION " + e.getMessage());
    }
    return new Verdict(
        seed,
        violation,
        faults,
        world.nowUs() / World.MS,
        invariants.log().size(),
        world.happened(),
        world.trace().hash());
  }

  // --- the course of things

  private void live(List<Timed> faults) {
    begin();
    faults.forEach(fault -> schedule(fault));
    world.runUntil(options.durationMs() * World.MS);
    end();
  }

  /** All members and clients start. */
  void begin() {
    members.forEach(member -> member.restart(member.random().nextLong(1_000)));
    clients.forEach(SimulatedClient::start);
    guests.forEach(Guest::start);
  }

  void schedule(Timed fault) {
    world.at(
        fault.atMs() * World.MS,
        () -> {
          world.say(() -> "FAULT " + fault.fault());
          happen(fault.fault());
        });
  }

  /** Faults are over; everything that must come true in the end must come true now. */
  void end() {
    heal();
    recover();
    visitors.healed();
    write();
    content();
    settle();
    compare();
    forget();
  }

  /** Nothing is wrong any more with the world around the members. */
  void heal() {
    world.say(() -> "everything is healed");
    network.healAll();
    guests.forEach(Guest::heal);
    for (Member member : members) {
      member.heal();
      if (!member.isUp()) {
        member.restart(100);
      }
    }
  }

  void recover() {
    await(
        "after faults the ensemble is available again within bounded time",
        RECOVERY_MS,
        this::isAvailable,
        this::roles);
  }

  /** A write through every member that serves. */
  private void write() {
    for (Member member : members) {
      if (serves(member)) {
        SimulatedClient probe = probes.get(member.index());
        probe.start();
        probe.rest();
        probe.want(
            new Request.Create(
                OpCode.CREATE,
                "/probe-",
                new byte[0],
                Acl.OPEN,
                CreateMode.PERSISTENT_SEQUENTIAL.flag(),
                0));
      }
    }
    await(
        "a write succeeds through every member",
        RECOVERY_MS,
        () -> isAvailable() && members.stream().allMatch(this::hasWritten),
        this::roles);
  }

  /** A member that has come to lead meanwhile may serve nobody any more. */
  private boolean hasWritten(Member member) {
    SimulatedClient probe = probes.get(member.index());
    return !probe.isStarted() || probe.answeredWrites() > 0 || !serves(member);
  }

  /** Guests have what they want. */
  private void content() {
    await(
        "after faults everybody gets what he asks for",
        RECOVERY_MS,
        () -> visitors.missing().isEmpty(),
        visitors::missing);
    for (Guest guest : guests) {
      guest.leave();
      guest.after(0, () -> visitors.leave(guest));
    }
  }

  /** Clients stop, and everything that is on its way arrives. */
  private void settle() {
    clients.forEach(SimulatedClient::rest);
    world.letPass(2 * World.SECOND);
    await(
        "all members get everything",
        RECOVERY_MS,
        () -> isAvailable() && members.stream().allMatch(this::isLevel),
        this::roles);
  }

  private boolean isLevel(Member member) {
    SimulatedHost host = member.host();
    return host != null
        && host.isStarted()
        && host.replica().state().lastAppliedZxid() == invariants.log().last();
  }

  /** Sessions that nobody keeps alive end, and their ephemerals with them. */
  private void forget() {
    for (int i = 0; i < clients.size(); i++) {
      if (i % 2 == 0) {
        clients.get(i).close();
      } else {
        clients.get(i).vanish();
      }
    }
    probes.forEach(SimulatedClient::vanish);
    // Each new leader gives every session its whole timeout, and a short epoch ends at any time.
    boolean endsEpochs = options.features().zxidsPerEpoch() < Zxid.LAST_COUNTER;
    await(
        "sessions that are silent expire",
        (endsEpochs ? 3 : 1) * LONGEST_SESSION_MS + 10L * options.tickTimeMs(),
        () -> invariants.log().model().sessions().isEmpty(),
        () -> invariants.log().model().sessions().toString());
    settle();
    compare();
  }

  private void await(
      String promise,
      long withinMs,
      BooleanSupplier wanted,
      java.util.function.Supplier<String> otherwise) {
    long deadlineUs = world.nowUs() + withinMs * World.MS;
    while (!wanted.getAsBoolean()) {
      if (world.nowUs() >= deadlineUs) {
        throw new Violation(promise, "withinMs=" + withinMs + " " + otherwise.get());
      }
      world.runUntil(world.nowUs() + STEP_MS * World.MS);
    }
  }

  private boolean isAvailable() {
    int leaders = 0;
    for (Member member : members) {
      SimulatedHost host = member.host();
      if (host == null || !host.isStarted()) {
        return false;
      }
      Leading leading = host.replica().leading();
      if (leading != null && leading.phase() == Leading.Phase.BROADCAST) {
        leaders++;
      } else if (!serves(member)) {
        return false;
      }
    }
    return leaders == 1;
  }

  private boolean serves(Member member) {
    SimulatedHost host = member.host();
    return host != null && host.isStarted() && host.replica().role().serving() == Serving.EVERYBODY;
  }

  private String roles() {
    StringBuilder text = new StringBuilder();
    for (Member member : members) {
      SimulatedHost host = member.host();
      text.append(member.sid()).append('=');
      if (host == null || !host.isStarted()) {
        text.append("down");
      } else {
        RoleView role = host.replica().role();
        text.append(role.role())
            .append('/')
            .append(role.leader())
            .append('/')
            .append(role.epoch())
            .append('/')
            .append(role.serving())
            .append('/')
            .append(TreeModel.hex(host.replica().state().lastAppliedZxid()));
      }
      text.append(' ');
    }
    return text.toString();
  }

  // --- the last comparison

  void compare() {
    TreeModel model = invariants.log().model();
    long digest = Objects.requireNonNull(members.get(0).host()).replica().state().digest();
    for (Member member : members) {
      StateMachine state = Objects.requireNonNull(member.host()).replica().state();
      if (state.digest() != digest) {
        throw differs(member, "digest=" + state.digest() + " of=" + digest);
      }
      if (!state.sessions().equals(model.sessions())) {
        throw differs(member, "sessions=" + state.sessions() + " model=" + model.sessions());
      }
      for (String path : model.paths()) {
        compare(member, state, path, Objects.requireNonNull(model.now(path)));
      }
      state
          .ephemerals()
          .forEach(
              (owner, paths) -> {
                if (!paths.isEmpty() && !model.sessions().containsKey(owner)) {
                  throw differs(member, "ephemerals of a session that is over: " + paths);
                }
              });
    }
  }

  private void compare(Member member, StateMachine state, String path, TreeModel.Node node) {
    if (path.equals("/")) {
      return;
    }
    Stat stat = state.stat(path);
    if (stat == null
        || !HistoryChecker.shows(stat, node)
        || Arrays.hashCode(state.data(path)) != node.data()) {
      throw differs(member, "path=" + path + " stat=" + stat + " model=" + node);
    }
  }

  private static Violation differs(Member member, String what) {
    return new Violation(
        "in the end all members have the same", "server=" + member.sid() + " " + what);
  }

  // --- faults

  private void happen(Fault fault) {
    if (fault instanceof Fault.Crash crash) {
      SimulatedHost host = member(crash.member()).host();
      if (host != null) {
        host.crashAfter(crash.effects(), crash.death(), crash.downMs());
      }
    } else if (fault instanceof Fault.Blackout blackout) {
      members.forEach(member -> member.die(blackout.death(), blackout.downMs()));
    } else if (fault instanceof Fault.Pause pause) {
      member(pause.member()).pause(pause.forMs());
    } else if (fault instanceof Fault.OneWay cut) {
      cut(cut.from(), cut.to(), cut.forMs());
    } else if (fault instanceof Fault.Partition partition) {
      partition(partition);
    } else if (fault instanceof Fault.Break broken) {
      network.breakConnections(broken.a(), broken.b());
    } else if (fault instanceof Fault.Slow slow) {
      network.slow(slow.from(), slow.to(), slow.bytesPerSecond());
      world.after(slow.forMs() * World.MS, () -> network.unslow(slow.from(), slow.to()));
    } else if (fault instanceof Fault.ClientCut cut) {
      int machine = clients.get(cut.client() % clients.size()).machine();
      cutOff(machine, cut.mask(), cut.forMs());
    } else if (fault instanceof Fault.ClientBreak broken) {
      clients.get(broken.client() % clients.size()).breakConnection();
    } else {
      happenToMachine(fault);
    }
  }

  private void cutOff(int machine, int mask, long forMs) {
    for (int i = 0; i < members.size(); i++) {
      if ((mask >> i & 1) != 0) {
        cut(machine, i, forMs);
        cut(i, machine, forMs);
      }
    }
  }

  private void happenToMachine(Fault fault) {
    if (fault instanceof Fault.SlowDisk slow) {
      member(slow.member()).slowDisk(slow.syncMs(), slow.forMs());
    } else if (fault instanceof Fault.FullDisk full) {
      member(full.member()).fullDisk(full.forMs());
    } else if (fault instanceof Fault.DiskError error) {
      member(error.member()).failDisk(error.calls());
    } else if (fault instanceof Fault.DiskCrash crash) {
      member(crash.member()).crashOnDisk(crash.calls(), crash.after(), crash.downMs());
    } else if (fault instanceof Fault.Rot rot) {
      rot(rot);
    } else if (fault instanceof Fault.ClockJump jump) {
      member(jump.member()).jump(jump.byMs());
    } else if (fault instanceof Fault.Snapshot snapshot) {
      SimulatedHost host = member(snapshot.member()).host();
      if (host != null) {
        host.run(host::snapshotDue);
      }
    } else {
      happenToGuest(fault);
    }
  }

  private void happenToGuest(Fault fault) {
    if (fault instanceof Fault.GuestKill kill) {
      guests.get(kill.guest()).kill(kill.silently(), kill.downMs());
    } else if (fault instanceof Fault.GuestPause pause) {
      guests.get(pause.guest()).pause(pause.forMs());
    } else if (fault instanceof Fault.GuestCut cut) {
      cutOff(guests.get(cut.guest()).machine(), cut.mask(), cut.forMs());
    } else if (fault instanceof Fault.GuestBreak broken) {
      guests.get(broken.guest()).breakConnections();
    } else {
      throw new IllegalArgumentException(fault.toString());
    }
  }

  private void cut(int from, int to, long forMs) {
    network.cut(from, to);
    world.after(forMs * World.MS, () -> network.heal(from, to));
  }

  private void partition(Fault.Partition partition) {
    for (int a = 0; a < members.size(); a++) {
      for (int b = 0; b < members.size(); b++) {
        if ((partition.mask() >> a & 1) != (partition.mask() >> b & 1)) {
          cut(a, b, partition.forMs());
        }
      }
    }
  }

  private void rot(Fault.Rot rot) {
    Member member = member(rot.member());
    boolean alone = members.stream().allMatch(other -> other == member || other.isWhole());
    // A damaged member has no vote until a leader has filled it, so the others have to find one.
    // One that is down may have lost the mark's last state with the power, see Member.rot.
    boolean isUp = member.isUp();
    if (alone && isUp && invariants.isQuorum(other -> other != member)) {
      member.die(Death.KILL, rot.downMs());
      if (member.rot(rot.place(), rot.mask())) {
        member.whole(false);
      }
    }
  }

  @Override
  public void exited(Member member, StorageException why) {}

  // --- surroundings

  Member member(int index) {
    return members.get(index % members.size());
  }

  List<SimulatedClient> clients() {
    return clients;
  }

  @Override
  public World world() {
    return world;
  }

  @Override
  public Randoms randoms() {
    return randoms;
  }

  @Override
  public Options options() {
    return options;
  }

  @Override
  public Network network() {
    return network;
  }

  @Override
  public Invariants invariants() {
    return invariants;
  }

  @Override
  public Tampering tampering() {
    return tampering;
  }

  @Override
  public Membership membership() {
    return membership;
  }

  @Override
  public List<Member> members() {
    return members;
  }
}
