package conclave.simulator;

import java.util.SplittableRandom;

/**
 * Independent sources of randomness from one seed, one for each purpose. So a draw more or less for
 * one purpose, as when a fault is left out, changes nothing about the others.
 */
final class Randoms {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final long seed;

  Randoms(long seed) {
    this.seed = seed;
  }

  SplittableRandom of(Purpose purpose, long number) {
    return new SplittableRandom(mix(mix(seed + GOLDEN * (purpose.ordinal() + 1)) + number));
  }

  /** What randomness is needed for. New ones go to the end: the order is part of every seed. */
  enum Purpose {
    OPTIONS,
    FAULTS,
    TIES,
    LINK,
    CLIENT,
    SERVER,
    DISK,
    CLOCK,
    FEATURES,
    GUEST,
    GUEST_FAULTS
  }

  static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
