package conclave.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** The members of one ensemble, each a process of its own. Their ids are 1 and up. */
final class EnsembleProcesses implements UnderLoad {
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final String LEADER = "leader";

  private final Launcher launcher;
  private final Implementation implementation;
  private final Path directory;
  private final MemberConfig config;
  private final List<ServerProcess> members = new ArrayList<>();
  private InetSocketAddress front;

  private EnsembleProcesses(
      Launcher launcher, Implementation implementation, Path directory, MemberConfig config) {
    this.launcher = launcher;
    this.implementation = implementation;
    this.directory = directory;
    this.config = config;
    this.front = config.clients().get(0);
  }

  /** Starts so many servers under the directory; returns when all serve clients. */
  static EnsembleProcesses start(
      Launcher launcher, Implementation implementation, Path directory, int size)
      throws IOException {
    EnsembleProcesses ensemble =
        new EnsembleProcesses(launcher, implementation, directory, launcher.newEnsemble(size));
    try {
      for (int id = 1; id <= size; id++) {
        ensemble.members.add(ensemble.startMember(id));
      }
      ensemble.awaitServing();
      ensemble.front = ensemble.config.clients().get(ensemble.others(ensemble.leader()).get(0) - 1);
      return ensemble;
    } catch (IOException | RuntimeException e) {
      ensemble.close();
      throw e;
    }
  }

  private ServerProcess startMember(int id) throws IOException {
    Path own = directory.resolve("member" + id);
    return launcher.startMember(implementation, own, config, id);
  }

  /** Waits until {@link #isServing()}. */
  void awaitServing() throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!isServing()) {
      if (System.nanoTime() - deadline > 0 || !isAlive()) {
        throw new IOException("the ensemble does not serve\n" + logTails());
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
  }

  private String logTails() throws IOException {
    StringBuilder text = new StringBuilder();
    for (ServerProcess member : members) {
      text.append(member.logTail()).append("\n---\n");
    }
    return text.toString();
  }

  /** Whether every member serves clients, and one of them leads. */
  boolean isServing() {
    List<String> modes = members.stream().flatMap(member -> member.mode().stream()).toList();
    return modes.size() == config.size() && modes.contains(LEADER);
  }

  List<Integer> ids() {
    return IntStream.rangeClosed(1, config.size()).boxed().toList();
  }

  List<Integer> others(int id) {
    return ids().stream().filter(other -> other != id).toList();
  }

  /** The id of the member that leads. */
  int leader() throws IOException {
    for (int id : ids()) {
      if (member(id).mode().filter(LEADER::equals).isPresent()) {
        return id;
      }
    }
    throw new IOException(String.format(Locale.ROOT, "none of %d members leads", config.size()));
  }

  ServerProcess member(int id) {
    return members.get(id - 1);
  }

  /** Starts a member that has ended on the files that it left. */
  void restart(int id) throws IOException {
    members.set(id - 1, startMember(id));
  }

  List<InetSocketAddress> addresses() {
    return config.clients();
  }

  @Override
  public InetSocketAddress address(long n) {
    return config.clients().get((int) (n % config.size()));
  }

  @Override
  public InetSocketAddress front() {
    return front;
  }

  @Override
  public boolean isAlive() {
    return members.stream().allMatch(ServerProcess::isAlive);
  }

  @Override
  public long cpuMicros() throws IOException {
    long micros = 0;
    for (ServerProcess member : members) {
      micros += member.cpuMicros();
    }
    return micros;
  }

  /** Nothing of what they have is needed any more, and some may be paused. */
  @Override
  public void close() {
    members.forEach(ServerProcess::kill);
  }
}
