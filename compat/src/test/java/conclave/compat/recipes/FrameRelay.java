package conclave.compat.recipes;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A network between clients and a server that knows where requests begin and end: it can lose a
 * chosen one, or its answer. Pings and handshakes pass and aren't counted.
 */
public final class FrameRelay implements AutoCloseable {
  private static final int HANDSHAKE_ONLY_XID = Integer.MIN_VALUE;
  private static final int PING_OP = 11;
  private static final int SET_WATCHES_XID = -8;

  /** How a chosen request fares. */
  public enum Fault {
    /** The connection breaks before the server has it. */
    REQUEST_LOST,
    /** The connection breaks in the middle of it. */
    REQUEST_TORN,
    /** The server has done it; the connection breaks before its answer. */
    ANSWER_LOST,
    /** The server has done it; from its answer on nothing more comes, on an open connection. */
    ANSWER_STALLED
  }

  private final ServerSocket listening;
  private final int serverPort;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  private boolean refusing;
  private @Nullable Fault asked;
  private @Nullable Fault fault;
  private int untilFault;
  private int requests;
  private boolean struck;

  public FrameRelay(int serverPort) {
    try {
      this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.serverPort = serverPort;
    start(this::accept, "frame-relay");
  }

  /** {@code host:port}, as clients want it. */
  public String connectString() {
    return "127.0.0.1:" + listening.getLocalPort();
  }

  /** Strikes at the n-th request from now, counted from 1, once. */
  public synchronized void strikeAt(int nth, Fault with) {
    asked = with;
    fault = with;
    untilFault = nth;
    struck = false;
  }

  /** Whether the fault that was asked for leaves an open connection on which nothing comes. */
  synchronized boolean stalls() {
    return asked == Fault.ANSWER_STALLED;
  }

  /** Whether the fault that was asked for has happened. */
  public synchronized boolean hasStruck() {
    return struck;
  }

  /** How many requests have passed or were struck. */
  public synchronized int requests() {
    return requests;
  }

  /** Breaks every connection; new ones pass. */
  public void cut() {
    sockets.forEach(FrameRelay::closeQuietly);
  }

  /** Breaks every connection and lets none come about until {@link #open}. */
  public void refuse() {
    synchronized (this) {
      refusing = true;
    }
    cut();
  }

  /** Lets connections come about again. */
  public synchronized void open() {
    refusing = false;
  }

  private synchronized boolean isRefusing() {
    return refusing;
  }

  /** What to do with a request; null for letting it pass. */
  private synchronized @Nullable Fault judge() {
    requests++;
    if (fault == null || --untilFault > 0) {
      return null;
    }
    Fault now = fault;
    fault = null;
    struck = true;
    return now;
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listening.accept();
        if (isRefusing()) {
          client.close();
          continue;
        }
        connect(client);
      } catch (IOException e) {
        if (listening.isClosed()) {
          return;
        }
      }
    }
  }

  private void connect(Socket client) throws IOException {
    Socket server = new Socket();
    sockets.add(client);
    sockets.add(server);
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort), 5_000);
    } catch (IOException e) {
      closeQuietly(client);
      closeQuietly(server);
      return;
    }
    Conversation conversation = new Conversation(client, server);
    start(conversation::requests, "frame-relay-requests");
    start(conversation::answers, "frame-relay-answers");
  }

  @Override
  public void close() {
    closeQuietly(listening);
    cut();
  }

  /** One connection on either side. */
  private final class Conversation {
    private final Socket client;
    private final Socket server;

    /** The request whose answer is to be lost. */
    private volatile int lostXid = HANDSHAKE_ONLY_XID;

    private volatile boolean stalls;

    Conversation(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void requests() {
      try {
        DataInputStream in = new DataInputStream(client.getInputStream());
        DataOutputStream out = new DataOutputStream(server.getOutputStream());
        write(out, read(in));
        while (true) {
          byte[] frame = read(in);
          if (!passes(out, frame)) {
            break;
          }
          write(out, frame);
        }
      } catch (IOException e) {
        // Either end is gone: so is the other.
      } finally {
        end();
      }
    }

    private boolean passes(DataOutputStream out, byte[] frame) throws IOException {
      ByteBuffer header = ByteBuffer.wrap(frame);
      int xid = header.getInt();
      if (header.getInt() == PING_OP || xid == SET_WATCHES_XID) {
        return true;
      }
      Fault now = judge();
      if (now == null) {
        return true;
      }
      switch (now) {
        case REQUEST_LOST -> {
          return false;
        }
        case REQUEST_TORN -> {
          out.writeInt(frame.length);
          out.write(frame, 0, frame.length / 2);
          out.flush();
          return false;
        }
        case ANSWER_LOST -> lostXid = xid;
        case ANSWER_STALLED -> {
          stalls = true;
          lostXid = xid;
        }
      }
      return true;
    }

    void answers() {
      try {
        DataInputStream in = new DataInputStream(server.getInputStream());
        DataOutputStream out = new DataOutputStream(client.getOutputStream());
        write(out, read(in));
        while (true) {
          byte[] frame = read(in);
          if (ByteBuffer.wrap(frame).getInt() == lostXid) {
            if (stalls) {
              swallow(in);
            }
            break;
          }
          write(out, frame);
        }
      } catch (IOException e) {
        // As above.
      } finally {
        end();
      }
    }

    private void swallow(DataInputStream in) throws IOException {
      while (in.skipBytes(Integer.MAX_VALUE) > 0 || in.read() >= 0) {
        // Until either end gives up.
      }
    }

    private void end() {
      closeQuietly(client);
      closeQuietly(server);
      sockets.remove(client);
      sockets.remove(server);
    }
  }

  private static byte[] read(DataInputStream in) throws IOException {
    byte[] frame = new byte[in.readInt()];
    in.readFully(frame);
    return frame;
  }

  private static void write(DataOutputStream out, byte[] frame) throws IOException {
    ByteBuffer whole = ByteBuffer.allocate(4 + frame.length);
    whole.putInt(frame.length).put(frame);
    out.write(whole.array());
    out.flush();
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      // There is nothing to lose on a connection that is to be broken.
    }
  }

  private static void start(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }
}
