package conclave.simulator;

import conclave.simulator.Fault.Death;
import conclave.simulator.Randoms.Purpose;
import conclave.storage.StorageException;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.PowerCut;
import conclave.storage.simulated.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One member's machine: its disk, its clocks, and whichever process runs on it. A supervisor starts
 * another process when one has ended.
 */
final class Member implements Network.Listener {
  private static final long RESTART_MS = 500;

  private final Surroundings around;
  private final int index;
  private final SplittableRandom random;
  private final SplittableRandom diskRandom;
  private final MemberLog log = new MemberLog();
  private final long monotonicOffsetMs;
  private final double rate;

  private SimulatedDisk disk = new SimulatedDisk(Member::noFault);
  private @Nullable SimulatedHost host;
  private boolean powered = true;
  private boolean startPlanned;
  private int processes;
  private long pausedUntilUs;
  private long wallOffsetMs;

  private long slowSyncUs;
  private int slowSyncs;
  private int fullDisk;
  private int errorIn = -1;
  private int crashIn = -1;
  private boolean crashAfter;
  private long crashDownMs;

  private boolean whole = true;
  private long checkedZxid;
  private long acceptedOnDisk;
  private long currentOnDisk;
  private long promised;
  private long spokenAccepted;
  private long spokenCurrent;
  private long installing = -1;
  private long beforeNewLeader = -1;

  Member(Surroundings around, int index) {
    this.around = around;
    this.index = index;
    this.random = around.randoms().of(Purpose.SERVER, index);
    this.diskRandom = around.randoms().of(Purpose.DISK, index);
    SplittableRandom clock = around.randoms().of(Purpose.CLOCK, index);
    this.monotonicOffsetMs = clock.nextLong(1_000_000_000);
    this.rate = 1 + (clock.nextDouble() - 0.5) / 1000;
    this.wallOffsetMs = clock.nextLong(-2_000, 2_000);
    disk.faults(this::fault);
  }

  private static Faults.Fault noFault(Faults.Operation operation, Path path, int call) {
    return Faults.Fault.NONE;
  }

  /** Whether what it is told goes to its disk: not for observers with syncEnabled=false. */
  boolean isLogging() {
    return around.options().features().observersLog() || index < around.options().voters();
  }

  int index() {
    return index;
  }

  long sid() {
    return index + 1L;
  }

  MemberLog log() {
    return log;
  }

  SimulatedDisk disk() {
    return disk;
  }

  SplittableRandom random() {
    return random;
  }

  @Nullable SimulatedHost host() {
    return host;
  }

  boolean isUp() {
    return host != null;
  }

  // --- clocks

  long monotonicMs() {
    return monotonicOffsetMs + (long) (around.world().nowUs() * rate / World.MS);
  }

  /** When this member's clock will show that time. */
  long worldUs(long ms) {
    return (long) Math.ceil((ms - monotonicOffsetMs) * (double) World.MS / rate);
  }

  long wallMs() {
    return Surroundings.EPOCH_MS + wallOffsetMs + around.world().nowUs() / World.MS;
  }

  void jump(long byMs) {
    wallOffsetMs += byMs;
  }

  // --- what is known of it

  /** Whether it has, as far as it can know, all that it ever acknowledged. */
  boolean isWhole() {
    return whole;
  }

  void whole(boolean isWhole) {
    whole = isWhole;
  }

  /** Up to here what it applied was compared with what is decided. */
  long checkedZxid() {
    return checkedZxid;
  }

  void checkedZxid(long zxid) {
    checkedZxid = zxid;
  }

  /** Its next process begins with less than the last one had. */
  void wentBack(long zxid) {
    checkedZxid = Math.min(checkedZxid, zxid);
  }

  long acceptedOnDisk() {
    return acceptedOnDisk;
  }

  void acceptedOnDisk(long epoch) {
    acceptedOnDisk = epoch;
  }

  long currentOnDisk() {
    return currentOnDisk;
  }

  void currentOnDisk(long epoch) {
    currentOnDisk = epoch;
  }

  /** The epoch that it was last asked to promise. */
  long promised() {
    return promised;
  }

  void promised(long epoch) {
    promised = epoch;
  }

  /** The last that came before NEWLEADER; &minus;1 when that was acknowledged. */
  long beforeNewLeader() {
    return beforeNewLeader;
  }

  void beforeNewLeader(long zxid) {
    beforeNewLeader = zxid;
  }

  long spokenAccepted() {
    return spokenAccepted;
  }

  void spokenAccepted(long epoch) {
    spokenAccepted = Math.max(spokenAccepted, epoch);
  }

  long spokenCurrent() {
    return spokenCurrent;
  }

  void spokenCurrent(long epoch) {
    spokenCurrent = Math.max(spokenCurrent, epoch);
  }

  /** Its disk was damaged: what it has said before is not in its memory any more. */
  void forgot(long accepted, long current) {
    spokenAccepted = accepted;
    spokenCurrent = current;
    checkedZxid = 0;
  }

  /** A state from the leader that is being put on disk; &minus;1 when none is. */
  long installing() {
    return installing;
  }

  void installing(long zxid) {
    installing = zxid;
  }

  // --- processes

  /** Starts a process now. */
  void start() {
    startPlanned = false;
    if (host != null) {
      return;
    }
    powered = true;
    processes++;
    SimulatedHost starting = new SimulatedHost(around, this, processes);
    host = starting;
    around.world().say(() -> "server " + sid() + " starts");
    try {
      starting.start();
    } catch (PowerCut e) {
      die(Death.POWER_CUT, crashDownMs);
    } catch (StorageException e) {
      exit(e);
    }
  }

  /** The process ends by itself, with a message. */
  void exit(StorageException e) {
    around
        .world()
        .say(() -> "server " + sid() + " exits with " + e.exitCode() + ": " + e.getMessage());
    around.exited(this, e);
    die(Death.KILL, RESTART_MS);
  }

  /** Whatever runs is gone, and is started again after a while. */
  void die(Death death, long downMs) {
    SimulatedHost dying = host;
    host = null;
    if (dying != null) {
      around.world().say(() -> "server " + sid() + " is gone: " + death);
      dying.gone(death == Death.POWER_CUT);
    }
    if (death == Death.POWER_CUT) {
      powered = false;
      disk = disk.afterPowerCut(diskRandom, this::fault);
      if (dying == null) {
        // It was down already, with everything that it had left to the kernel.
        powered = false;
      }
    } else {
      disk = disk.afterKill(this::fault);
    }
    crashIn = -1;
    checkedZxid = Math.min(checkedZxid, log.last());
    restart(downMs);
  }

  void restart(long inMs) {
    if (!startPlanned) {
      startPlanned = true;
      around.world().after(inMs * World.MS, this::start);
    }
  }

  @Override
  public Network.Reachable reachable() {
    if (host != null) {
      return Network.Reachable.YES;
    }
    return powered ? Network.Reachable.REFUSED : Network.Reachable.SILENT;
  }

  @Override
  public Network.Handler accepted(Network.End end, Object port) {
    SimulatedHost running = host;
    if (running == null) {
      throw new IllegalStateException("nobody listens: server=" + sid());
    }
    return running.accepted(end, port);
  }

  // --- faults

  boolean isPaused() {
    return around.world().nowUs() < pausedUntilUs;
  }

  long pausedUntilUs() {
    return pausedUntilUs;
  }

  void pause(long forMs) {
    pausedUntilUs = Math.max(pausedUntilUs, around.world().nowUs() + forMs * World.MS);
  }

  void slowDisk(long syncMs, long forMs) {
    slowSyncUs = syncMs * World.MS;
    slowSyncs++;
    around.world().after(forMs * World.MS, () -> slowSyncs = Math.max(0, slowSyncs - 1));
  }

  void fullDisk(long forMs) {
    fullDisk++;
    around.world().after(forMs * World.MS, () -> fullDisk = Math.max(0, fullDisk - 1));
  }

  void failDisk(int inCalls) {
    errorIn = inCalls;
  }

  void crashOnDisk(int inCalls, boolean after, long downMs) {
    crashIn = inCalls;
    crashAfter = after;
    crashDownMs = downMs;
  }

  long crashDownMs() {
    return crashDownMs;
  }

  /** No more faults. */
  void heal() {
    pausedUntilUs = Math.min(pausedUntilUs, around.world().nowUs());
    slowSyncs = 0;
    fullDisk = 0;
    errorIn = -1;
    crashIn = -1;
    if (host != null) {
      host.dontCrash();
      host.goOn();
    }
  }

  /** How long forcing the disk takes now. */
  long syncUs() {
    long least = around.options().syncUs();
    long us = least + random.nextLong(least + 1);
    return slowSyncs > 0 ? us + random.nextLong(slowSyncUs + 1) : us;
  }

  private Faults.Fault fault(Faults.Operation operation, Path path, int call) {
    if (operation == Faults.Operation.READ) {
      return Faults.Fault.NONE;
    }
    if (crashIn > 0 && --crashIn == 0) {
      return crashAfter ? Faults.Fault.POWER_CUT_AFTER : Faults.Fault.POWER_CUT_BEFORE;
    }
    if (errorIn > 0 && --errorIn == 0) {
      return Faults.Fault.ERROR;
    }
    boolean needsRoom = operation == Faults.Operation.WRITE || operation == Faults.Operation.CREATE;
    return fullDisk > 0 && needsRoom ? Faults.Fault.NO_SPACE : Faults.Fault.NONE;
  }

  /**
   * Changes a byte of one of its files; it is down. What rots has been on the disk for a while, and
   * so has the mark that tells how far the log goes. Where a power cut takes the mark's last state
   * with it and the last entry rots, it can't be told from one that was never written whole.
   */
  boolean rot(long place, int mask) {
    disk.writeBack();
    List<Path> files = new ArrayList<>();
    List<Long> sizes = new ArrayList<>();
    long all = 0;
    for (var file : disk.files().entrySet()) {
      if (file.getValue().length > 0) {
        files.add(file.getKey());
        sizes.add((long) file.getValue().length);
        all += file.getValue().length;
      }
    }
    if (all == 0) {
      return false;
    }
    // Small files matter as much as large ones, so the file is drawn first.
    int chosen = (int) (place % files.size());
    long offset = place / files.size() % sizes.get(chosen);
    Path path = files.get(chosen);
    around.world().say(() -> "server " + sid() + " rots: " + path + " offset=" + offset);
    // A digit for another one is damage that nobody can see: Apache's format has no checksum there.
    boolean unchecked = path.endsWith("acceptedEpoch") || path.endsWith("currentEpoch");
    disk.flip(path, offset, unchecked ? 0x40 : mask);
    return true;
  }
}
