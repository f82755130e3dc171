package conclave.bench;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The next request of a connection, as a frame that stays valid until the next call. */
interface Requests {
  byte[] next(int connection, int xid);

  /** Each connection goes round its own znodes; only the xid is written per request. */
  static Requests cycle(byte[][][] frames) {
    int[] position = new int[frames.length];
    return (connection, xid) -> {
      byte[][] own = frames[connection];
      int at = position[connection];
      position[connection] = at + 1 == own.length ? 0 : at + 1;
      byte[] frame = own[at];
      Frames.patchXid(frame, xid);
      return frame;
    };
  }

  static Requests gets(List<List<String>> paths) {
    return cycle(each(paths, path -> Frames.getData(0, path, false)));
  }

  static Requests sets(List<List<String>> paths, byte[] data) {
    return cycle(each(paths, path -> Frames.setData(0, path, data)));
  }

  /** Each request sets {@code size} znodes of the connection's own. */
  static Requests multiSets(List<List<String>> paths, int size, byte[] data) {
    byte[][][] frames = new byte[paths.size()][][];
    for (int connection = 0; connection < frames.length; connection++) {
      List<String> own = paths.get(connection);
      List<byte[]> multis = new ArrayList<>();
      for (int from = 0; from + size <= own.size(); from += size) {
        multis.add(Frames.multiSet(0, own.subList(from, from + size), data));
      }
      frames[connection] = multis.toArray(byte[][]::new);
    }
    return cycle(frames);
  }

  /** Children of {@code parents}, a thousand under each in turn, named by one running number. */
  static Requests creates(List<String> parents, byte[] data) {
    return new Creates(parents, data);
  }

  /** Exactly these, in this order, whichever connection asks. */
  static Requests createAll(List<String> paths, byte[] data) {
    Iterator<String> next = paths.iterator();
    return (connection, xid) -> Frames.create(xid, next.next(), data, false);
  }

  private static byte[][][] each(List<List<String>> paths, Function<String, byte[]> encode) {
    return paths.stream()
        .map(own -> own.stream().map(encode).toArray(byte[][]::new))
        .toArray(byte[][][]::new);
  }

  /** One frame per parent, in which the number's digits are counted up in place. */
  final class Creates implements Requests {
    static final int CHILDREN_PER_PARENT = 1_000;
    private static final int DIGITS = 8;

    private final byte[][] frames;
    private final int[] lastDigit;
    private int created;

    Creates(List<String> parents, byte[] data) {
      frames = new byte[parents.size()][];
      lastDigit = new int[parents.size()];
      for (int i = 0; i < frames.length; i++) {
        String path = String.format(Locale.ROOT, "%s/n%0" + DIGITS + "d", parents.get(i), 0);
        frames[i] = Frames.create(0, path, data, false);
        lastDigit[i] = Frames.PATH_OFFSET + path.getBytes(StandardCharsets.UTF_8).length - 1;
      }
    }

    @Override
    public byte[] next(int connection, int xid) {
      int parent = created / CHILDREN_PER_PARENT % frames.length;
      byte[] frame = frames[parent];
      Frames.patchXid(frame, xid);
      int number = created++;
      for (int i = 0; i < DIGITS; i++) {
        frame[lastDigit[parent] - i] = (byte) ('0' + number % 10);
        number /= 10;
      }
      return frame;
    }
  }
}
