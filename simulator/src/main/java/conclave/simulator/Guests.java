package conclave.simulator;

import conclave.protocol.EventType;

/**
 * Clients that the simulator does not know: processes on machines of the same world, which speak
 * ZooKeeper's protocol with the members. So what stands on the members, such as the Java client,
 * runs under the same faults and from the same seed.
 */
public interface Guests {
  /** Nobody. */
  Guests NONE =
      new Guests() {
        @Override
        public int machines() {
          return 0;
        }

        @Override
        public void start(Guest machine) {}

        @Override
        public void ended(Guest machine) {}

        @Override
        public void told(Guest machine, EventType type, String path) {}

        @Override
        public void healed() {}

        @Override
        public String missing() {
          return "";
        }

        @Override
        public void leave(Guest machine) {}
      };

  int machines();

  /** A process begins there: the first, or after the end of the one before. */
  void start(Guest machine);

  /** The process there has ended, with all that it had in memory. */
  void ended(Guest machine);

  /** A member has told the process there of a change that it watches for. */
  void told(Guest machine, EventType type, String path);

  /** Nothing goes wrong any more. */
  void healed();

  /** What has not come true yet that must come true behind that; empty when all has. */
  String missing();

  /** The process there is to end its sessions; nothing is asked of it any more. */
  void leave(Guest machine);
}
