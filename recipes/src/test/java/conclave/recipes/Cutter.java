package conclave.recipes;

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
import java.util.function.IntSupplier;

/**
 * A network that breaks at a certain request: before the server has it, or after the server has
 * done it and before the client knows. What the client does of itself, such as pings and setting
 * its watches again, does not count.
 */
final class Cutter implements AutoCloseable {
  enum Where {
    BEFORE_THE_SERVER,
    BEFORE_THE_CLIENT
  }

  private static final int NEVER = Integer.MAX_VALUE;

  private final ServerSocket listening;
  private final IntSupplier serverPort;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private int countdown = NEVER;
  private Where where = Where.BEFORE_THE_SERVER;
  private boolean stayCut;
  private boolean refusing;
  private int requests;

  Cutter(IntSupplier serverPort) {
    this.serverPort = serverPort;
    try {
      listening = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept, "cutter-accept");
  }

  String connectString() {
    return "127.0.0.1:" + listening.getLocalPort();
  }

  /**
   * Breaks the connection at a request.
   *
   * @param request the first from now on is 1
   * @param stay whether the client can't connect again until {@link #open}
   */
  synchronized void cutAt(int request, Where where, boolean stay) {
    this.countdown = request;
    this.where = where;
    this.stayCut = stay;
  }

  synchronized void open() {
    refusing = false;
    countdown = NEVER;
  }

  /** Breaks all connections, and refuses others until {@link #open}. */
  void refuse() {
    synchronized (this) {
      refusing = true;
    }
    closeAll();
  }

  /** How many requests have come since the beginning. */
  synchronized int requests() {
    return requests;
  }

  @Override
  public void close() {
    closeQuietly(listening);
    closeAll();
  }

  private void closeAll() {
    sockets.forEach(Cutter::closeQuietly);
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listening.accept();
        boolean refused;
        synchronized (this) {
          refused = refusing;
        }
        if (refused) {
          closeQuietly(client);
        } else {
          connect(client);
        }
      } catch (IOException e) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    Socket server = new Socket();
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      server.connect(new InetSocketAddress("127.0.0.1", serverPort.getAsInt()), 5_000);
    } catch (IOException e) {
      closeQuietly(client);
      closeQuietly(server);
      return;
    }
    sockets.add(client);
    sockets.add(server);
    Conversation conversation = new Conversation(client, server);
    start(conversation::toServer, "cutter-to-server");
    start(conversation::toClient, "cutter-to-client");
  }

  /** One connection. */
  private final class Conversation {
    private final Socket client;
    private final Socket server;

    /** The xid of the request whose answer is the last that the server is listened to. */
    private Integer awaited;

    Conversation(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void toServer() {
      try (Socket from = client;
          Socket to = server) {
        DataInputStream in = new DataInputStream(from.getInputStream());
        DataOutputStream out = new DataOutputStream(to.getOutputStream());
        send(out, frame(in));
        while (true) {
          byte[] request = frame(in);
          int xid = ByteBuffer.wrap(request).getInt();
          if (xid > 0 && isTheOne()) {
            if (where == Where.BEFORE_THE_SERVER) {
              return;
            }
            synchronized (this) {
              awaited = xid;
            }
            send(out, request);
            // toClient() closes the socket when the server has answered.
            in.read();
            return;
          }
          send(out, request);
        }
      } catch (IOException e) {
        // The connection is over.
      }
    }

    void toClient() {
      try (Socket from = server;
          Socket to = client) {
        DataInputStream in = new DataInputStream(from.getInputStream());
        DataOutputStream out = new DataOutputStream(to.getOutputStream());
        send(out, frame(in));
        while (true) {
          byte[] reply = frame(in);
          int xid = ByteBuffer.wrap(reply).getInt();
          synchronized (this) {
            if (awaited != null) {
              if (awaited == xid) {
                return;
              }
              continue;
            }
          }
          send(out, reply);
        }
      } catch (IOException e) {
        // The connection is over.
      }
    }
  }

  private synchronized boolean isTheOne() {
    requests++;
    if (countdown == NEVER || --countdown > 0) {
      return false;
    }
    countdown = NEVER;
    refusing = stayCut;
    return true;
  }

  private static byte[] frame(DataInputStream in) throws IOException {
    byte[] frame = new byte[in.readInt()];
    in.readFully(frame);
    return frame;
  }

  private static void send(DataOutputStream out, byte[] frame) throws IOException {
    byte[] whole = ByteBuffer.allocate(4 + frame.length).putInt(frame.length).put(frame).array();
    out.write(whole);
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
