package conclave.simulator;

import conclave.consensus.Membership;
import conclave.storage.StorageException;
import java.util.List;

/** What all members have around them. */
interface Surroundings {
  /** When the world begins, for calendars. */
  long EPOCH_MS = 1_700_000_000_000L;

  World world();

  Randoms randoms();

  Options options();

  Network network();

  Invariants invariants();

  Tampering tampering();

  Membership membership();

  List<Member> members();

  /** A process has ended by itself. */
  void exited(Member member, StorageException why);
}
