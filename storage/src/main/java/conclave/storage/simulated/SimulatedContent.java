package conclave.storage.simulated;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A file's content, whatever its names are: as processes see it, as it is durable, and all that it
 * was in between.
 *
 * <p>Sectors are never changed but replaced, so they can be shared; one that is null is zeros, so
 * room made ahead costs next to nothing.
 */
final class SimulatedContent {
  private static final int SECTOR = SimulatedDisk.SECTOR;

  /** Of what is written again and again and never forced, this many states are kept at most. */
  private static final int MOST_VERSIONS = 32;

  private static final byte[] ZEROS = new byte[SECTOR];

  private Sectors current = new Sectors();
  private Sectors durable = new Sectors();

  /** What each sector was since the last force, oldest first. */
  private final TreeMap<Integer, List<byte @Nullable []>> versions = new TreeMap<>();

  /** The sizes since the last force, oldest first. */
  private final List<Long> sizes = new ArrayList<>();

  /** Sectors that a failed force has forgotten to write, and will not remember. */
  private final Set<Integer> forgotten = new HashSet<>();

  /** How kind a power cut is. */
  enum Survival {
    NONE,
    ALL,
    SOME;

    static Survival draw(RandomGenerator random) {
      return values()[random.nextInt(3)];
    }
  }

  /** Bytes, by sectors. */
  private static final class Sectors {
    byte[] @Nullable [] sectors = {};
    long size;

    byte @Nullable [] get(int sector) {
      return sector < sectors.length ? sectors[sector] : null;
    }

    void set(int sector, byte @Nullable [] bytes) {
      if (sector >= sectors.length) {
        if (bytes == null) {
          return;
        }
        sectors = Arrays.copyOf(sectors, Math.max(sector + 1, 2 * sectors.length));
      }
      sectors[sector] = bytes;
    }

    /** Behind the end there are only zeros, which is what the file gets when it grows again. */
    void resize(long newSize) {
      size = newSize;
      int last = (int) (newSize / SECTOR);
      if (last < sectors.length) {
        Arrays.fill(sectors, last + 1, sectors.length, null);
        byte[] partial = sectors[last];
        if (partial != null) {
          int keep = (int) (newSize % SECTOR);
          sectors[last] = keep == 0 ? null : Arrays.copyOf(Arrays.copyOf(partial, keep), SECTOR);
        }
      }
    }

    Sectors copy() {
      Sectors copy = new Sectors();
      copy.sectors = sectors.clone();
      copy.size = size;
      return copy;
    }
  }

  /** A content that is durable. */
  static SimulatedContent of(byte[] bytes) {
    SimulatedContent content = new SimulatedContent();
    content.write(ByteBuffer.wrap(bytes), 0, bytes.length);
    content.force();
    return content;
  }

  long size() {
    return current.size;
  }

  byte[] bytes() {
    byte[] bytes = new byte[(int) current.size];
    read(ByteBuffer.wrap(bytes), 0);
    return bytes;
  }

  int read(ByteBuffer into, long position) {
    if (position >= current.size) {
      return -1;
    }
    int count = (int) Math.min(into.remaining(), current.size - position);
    for (int done = 0; done < count; ) {
      int inSector = (int) ((position + done) % SECTOR);
      int piece = Math.min(count - done, SECTOR - inSector);
      byte[] sector = current.get((int) ((position + done) / SECTOR));
      into.put(sector == null ? ZEROS : sector, inSector, piece);
      done += piece;
    }
    return count;
  }

  void write(ByteBuffer from, long position, int count) {
    if (position + count > current.size) {
      current.size = position + count;
      sizes.add(current.size);
      thin(sizes);
    }
    for (int done = 0; done < count; ) {
      int inSector = (int) ((position + done) % SECTOR);
      int piece = Math.min(count - done, SECTOR - inSector);
      writeSector((int) ((position + done) / SECTOR), from, inSector, piece);
      done += piece;
    }
  }

  private void writeSector(int number, ByteBuffer from, int at, int count) {
    byte[] before = current.get(number);
    if (before == null && isZeros(from, count)) {
      from.position(from.position() + count);
      if (forgotten.contains(number)) {
        replace(number, null);
      }
      return;
    }
    byte[] after = before == null || count == SECTOR ? new byte[SECTOR] : before.clone();
    from.get(after, at, count);
    replace(number, after);
  }

  private static boolean isZeros(ByteBuffer from, int count) {
    for (int i = 0; i < count; i++) {
      if (from.get(from.position() + i) != 0) {
        return false;
      }
    }
    return true;
  }

  private void replace(int number, byte @Nullable [] bytes) {
    current.set(number, bytes);
    List<byte @Nullable []> all = versions.computeIfAbsent(number, n -> new ArrayList<>(2));
    all.add(bytes);
    thin(all);
    forgotten.remove(number);
  }

  /** Leaves out every second of a long list, and never the newest. */
  private static void thin(List<?> list) {
    if (list.size() > MOST_VERSIONS) {
      for (int i = list.size() - 2; i >= 0; i -= 2) {
        list.remove(i);
      }
    }
  }

  void truncate(long size) {
    long before = current.size;
    if (size >= before) {
      return;
    }
    current.resize(size);
    sizes.add(size);
    for (int number = (int) (size / SECTOR); (long) number * SECTOR < before; number++) {
      replace(number, current.get(number));
    }
  }

  void force() {
    for (int number : versions.keySet()) {
      if (!forgotten.contains(number)) {
        durable.set(number, current.get(number));
      }
    }
    if (current.size < durable.size) {
      durable.resize(current.size);
    }
    durable.size = current.size;
    if (forgotten.isEmpty()) {
      versions.clear();
    } else {
      versions.keySet().retainAll(forgotten);
    }
    sizes.clear();
  }

  void failForce() {
    forgotten.addAll(versions.keySet());
  }

  /** Changes bits of a byte in every state that the file can be in. */
  void flip(long offset, int mask) {
    int number = (int) (offset / SECTOR);
    int at = (int) (offset % SECTOR);
    byte[] flipped = flip(current.get(number), at, mask);
    current.set(number, flipped);
    if (offset < durable.size) {
      durable.set(number, flip(durable.get(number), at, mask));
    }
    List<byte @Nullable []> all = versions.get(number);
    if (all != null) {
      all.replaceAll(version -> flip(version, at, mask));
    }
  }

  private static byte[] flip(byte @Nullable [] sector, int at, int mask) {
    byte[] flipped = sector == null ? new byte[SECTOR] : sector.clone();
    flipped[at] ^= (byte) mask;
    return flipped;
  }

  /** One of the contents that a power cut can leave; it is durable. */
  SimulatedContent afterPowerCut(RandomGenerator random, Survival survival) {
    SimulatedContent left = new SimulatedContent();
    left.durable = durable.copy();
    versions.forEach(
        (number, all) -> {
          boolean lost = forgotten.contains(number) || survival == Survival.NONE;
          int choice = random.nextInt(all.size() + 1);
          int version = lost ? -1 : survival == Survival.ALL ? all.size() - 1 : choice - 1;
          if (version >= 0) {
            left.durable.set(number, all.get(version));
          }
        });
    left.durable.resize(sizeAfterPowerCut(random, survival));
    left.current = left.durable.copy();
    return left;
  }

  private long sizeAfterPowerCut(RandomGenerator random, Survival survival) {
    if (sizes.isEmpty() || survival == Survival.NONE) {
      return durable.size;
    }
    int choice = random.nextInt(sizes.size() + 1);
    if (survival == Survival.ALL) {
      return current.size;
    }
    return choice == sizes.size() ? durable.size : sizes.get(choice);
  }
}
