package conclave.storage.simulated;

import java.nio.file.Path;

/** Decides what goes wrong on a {@link SimulatedDisk}, and when. */
@FunctionalInterface
public interface Faults {
  Faults NONE = (operation, path, call) -> Fault.NONE;

  /** What is being done. All but {@link #READ} change something. */
  enum Operation {
    READ,
    WRITE,
    TRUNCATE,
    FORCE,
    CREATE,
    RENAME,
    DELETE,
    CREATE_DIRECTORIES,
    FORCE_DIRECTORY
  }

  /** What goes wrong. */
  enum Fault {
    NONE,
    POWER_CUT_BEFORE,
    /** The call is carried out, and nobody hears of it. */
    POWER_CUT_AFTER,
    /** Nothing is done and an I/O error reported; a force loses what it was to make durable. */
    ERROR,
    /** Half of a write is done, and then the disk is full; everything else is not done at all. */
    NO_SPACE
  }

  /**
   * Asked before every operation.
   *
   * @param path the file or directory; the new name where a file is renamed
   * @param call the number of this call among those that change something, from 1 on; for a read
   *     the number of the last such call
   */
  Fault before(Operation operation, Path path, int call);

  /** One fault, at the call of that number. */
  static Faults at(Fault fault, int call) {
    return new OneFault(fault, call);
  }

  /** What {@link #at} makes; as a record, so that it can be printed. */
  record OneFault(Fault fault, int atCall) implements Faults {
    @Override
    public Fault before(Operation operation, Path path, int call) {
      return call == atCall && operation != Operation.READ ? fault : Fault.NONE;
    }
  }
}
