package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a recipe protects, as a server of its own that trusts nobody: whoever comes says who it is
 * and shows its fencing token, and is turned away when a greater one was seen before. It notes who
 * was inside when, so that a test can tell whether two ever were inside together.
 *
 * <p>A visitor whose connection ends, as by kill -9, is out.
 */
public final class Resource implements AutoCloseable {
  private final ServerSocket listening;
  private final List<Visit> visits = new ArrayList<>();
  private final List<Visit> refused = new ArrayList<>();
  private long newest;

  /** Somebody's stay; {@code leftNanos} is null while it lasts. */
  public static final class Visit {
    private final String who;
    private final long token;
    private final long enteredNanos = System.nanoTime();
    private @Nullable Long leftNanos;

    private Visit(String who, long token) {
      this.who = who;
      this.token = token;
    }

    public String who() {
      return who;
    }

    public long token() {
      return token;
    }

    private boolean overlaps(Visit other) {
      return startsWithin(other) || other.startsWithin(this);
    }

    private boolean startsWithin(Visit other) {
      Long left = other.leftNanos;
      return enteredNanos - other.enteredNanos >= 0 && (left == null || enteredNanos - left < 0);
    }

    @Override
    public String toString() {
      return who + " with token=" + token;
    }
  }

  public Resource() {
    try {
      listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  public int port() {
    return listening.getLocalPort();
  }

  /** All stays so far, in the order of arrival. */
  public synchronized List<Visit> visits() {
    return List.copyOf(visits);
  }

  /** Who was turned away with an old token. */
  public synchronized List<Visit> refused() {
    return List.copyOf(refused);
  }

  /** Pairs that were inside together, in words. */
  public synchronized List<String> overlaps() {
    List<String> found = new ArrayList<>();
    for (int i = 0; i < visits.size(); i++) {
      for (int j = i + 1; j < visits.size(); j++) {
        if (visits.get(i).overlaps(visits.get(j))) {
          found.add(visits.get(i) + " beside " + visits.get(j));
        }
      }
    }
    return found;
  }

  /** How many were inside together at the most. */
  public synchronized int mostTogether() {
    int most = 0;
    for (Visit visit : visits) {
      int together = (int) visits.stream().filter(visit::startsWithin).count();
      most = Math.max(most, together);
    }
    return most;
  }

  private synchronized @Nullable Visit enter(String who, long token) {
    Visit visit = new Visit(who, token);
    if (token < newest) {
      refused.add(visit);
      return null;
    }
    newest = token;
    visits.add(visit);
    return visit;
  }

  private synchronized void leave(@Nullable Visit visit) {
    if (visit != null && visit.leftNanos == null) {
      visit.leftNanos = System.nanoTime();
    }
  }

  private void accept() {
    while (true) {
      try {
        Socket visitor = listening.accept();
        start(() -> serve(visitor));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    Visit visit = null;
    try (socket;
        BufferedReader in =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
        PrintWriter out =
            new PrintWriter(new OutputStreamWriter(socket.getOutputStream(), UTF_8), true)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        if (words[0].equals("enter")) {
          Visit next = enter(words[1], Long.parseLong(words[2]));
          visit = next == null ? visit : next;
          out.println(next == null ? "stale" : "ok");
        } else {
          leave(visit);
          out.println("ok");
        }
      }
    } catch (IOException e) {
      // Out, as below.
    } finally {
      leave(visit);
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "resource");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The way to a resource, for actors. */
  public static final class Visitor implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;
    private final PrintWriter out;

    public Visitor(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      out = new PrintWriter(new OutputStreamWriter(socket.getOutputStream(), UTF_8), true);
    }

    /** Whether it was let in. */
    public boolean enter(String who, long token) throws IOException {
      return ask("enter " + who + " " + token).equals("ok");
    }

    public void leave() throws IOException {
      ask("leave");
    }

    private synchronized String ask(String line) throws IOException {
      out.println(line);
      String answer = in.readLine();
      if (answer == null) {
        throw new IOException("the resource has gone");
      }
      return answer;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
