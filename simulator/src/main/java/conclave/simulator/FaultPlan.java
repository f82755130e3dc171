package conclave.simulator;

import conclave.simulator.Fault.Death;
import conclave.simulator.Fault.Timed;
import conclave.simulator.Options.Kind;
import conclave.simulator.Randoms.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Draws what goes wrong in a run, before it begins. */
final class FaultPlan {
  private final Options options;
  private final SplittableRandom random;
  private final List<Kind> kinds;

  private FaultPlan(long seed, Options options) {
    this.options = options;
    this.random = new Randoms(seed).of(Purpose.FAULTS, 0);
    this.kinds = new ArrayList<>(options.kinds());
  }

  /** The faults of that seed, in the order of time. */
  static List<Timed> draw(long seed, Options options) {
    if (options.faultEveryMs() == 0 || options.kinds().isEmpty()) {
      return List.of();
    }
    return new FaultPlan(seed, options).draw();
  }

  /**
   * What happens to guests besides.
   *
   * @param everyMs how often on the average
   */
  static List<Timed> drawForGuests(long seed, Options options, int guests, long everyMs) {
    SplittableRandom random = new Randoms(seed).of(Purpose.GUEST_FAULTS, 0);
    List<Timed> faults = new ArrayList<>();
    long atMs = 1_000;
    while (guests > 0 && everyMs > 0) {
      atMs += (long) (-Math.log(1 - random.nextDouble()) * everyMs) + 1;
      if (atMs >= options.durationMs()) {
        break;
      }
      faults.add(new Timed(atMs, ofGuest(random, options, random.nextInt(guests))));
    }
    return faults;
  }

  private static Fault ofGuest(SplittableRandom random, Options options, int guest) {
    // Up to 32 s: longer than a session lives.
    long forMs = 10 + random.nextLong(1L << (5 + random.nextInt(11)));
    return switch (random.nextInt(6)) {
      case 0 -> new Fault.GuestKill(guest, random.nextBoolean(), forMs);
      case 1, 2 -> new Fault.GuestPause(guest, forMs);
      case 3 -> new Fault.GuestCut(guest, random.nextInt(1 << options.members()), forMs);
      case 4 -> new Fault.GuestCut(guest, (1 << options.members()) - 1, forMs);
      default -> new Fault.GuestBreak(guest);
    };
  }

  private List<Timed> draw() {
    List<Timed> faults = new ArrayList<>();
    long atMs = 0;
    while (true) {
      atMs += gapMs();
      if (atMs >= options.durationMs()) {
        return faults;
      }
      faults.add(new Timed(atMs, one()));
      // Troubles like company: what matters happens while something else is happening.
      for (long near = atMs; random.nextInt(3) == 0; ) {
        near += random.nextLong(1_500);
        faults.add(new Timed(Math.min(near, options.durationMs() - 1), one()));
        atMs = Math.max(atMs, near);
      }
    }
  }

  private long gapMs() {
    return (long) (-Math.log(1 - random.nextDouble()) * options.faultEveryMs()) + 1;
  }

  private Fault one() {
    Kind kind = kinds.get(random.nextInt(kinds.size()));
    return switch (kind) {
      case KILL -> new Fault.Crash(member(), Death.KILL, effects(), downMs());
      case POWER_CUT -> new Fault.Crash(member(), Death.POWER_CUT, effects(), downMs());
      case BLACKOUT ->
          new Fault.Blackout(random.nextBoolean() ? Death.KILL : Death.POWER_CUT, downMs());
      case PAUSE -> new Fault.Pause(member(), durationMs());
      case ONE_WAY -> {
        int from = member();
        yield new Fault.OneWay(from, other(from), durationMs());
      }
      case PARTITION -> new Fault.Partition(random.nextInt(1 << options.members()), durationMs());
      case BREAK -> {
        int a = member();
        yield new Fault.Break(a, other(a));
      }
      case SLOW_LINK -> {
        int from = member();
        yield new Fault.Slow(from, other(from), 200 << random.nextInt(8), durationMs());
      }
      case CLIENT -> client();
      case SLOW_DISK -> new Fault.SlowDisk(member(), 20 << random.nextInt(7), durationMs());
      case FULL_DISK -> new Fault.FullDisk(member(), durationMs());
      case DISK_ERROR -> new Fault.DiskError(member(), 1 + random.nextInt(20));
      case DISK_CRASH ->
          new Fault.DiskCrash(member(), 1 + random.nextInt(30), random.nextBoolean(), downMs());
      case ROT ->
          new Fault.Rot(member(), random.nextLong() >>> 1, 1 << random.nextInt(8), downMs());
      case CLOCK -> new Fault.ClockJump(member(), random.nextLong(-100_000, 100_000));
      case SNAPSHOT -> new Fault.Snapshot(member());
    };
  }

  private Fault client() {
    int client = random.nextInt(options.clients());
    return random.nextInt(3) == 0
        ? new Fault.ClientBreak(client)
        : new Fault.ClientCut(client, random.nextInt(1 << options.members()), durationMs());
  }

  private int member() {
    return random.nextInt(options.members());
  }

  private int other(int member) {
    return (member + 1 + random.nextInt(options.members() - 1)) % options.members();
  }

  /** Mostly at once or in the middle of the next step; sometimes later. */
  private int effects() {
    return random.nextInt(1 << random.nextInt(8));
  }

  private long downMs() {
    return 10 + random.nextLong(1L << (4 + random.nextInt(12)));
  }

  private long durationMs() {
    return 10 + random.nextLong(1L << (5 + random.nextInt(12)));
  }
}
