package conclave.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;

/**
 * A network that a test can break: stands between clients and a server on the loopback interface,
 * at an address that stays when the server restarts at another port.
 *
 * <p>Thread-safe. Each connection costs two threads: it is for tests, not for load.
 */
public final class Relay implements AutoCloseable {
  private enum Mode {
    /** Everything passes. */
    OPEN,
    /** Connections are taken and bytes are kept back, both ways: a network that swallows. */
    STALLED,
    /** New connections are closed at once. */
    REFUSING
  }

  private final ServerSocket listening;
  private final IntSupplier serverPort;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final Object gate = new Object();
  private Mode mode = Mode.OPEN;
  private boolean closed;

  private Relay(ServerSocket listening, IntSupplier serverPort) {
    this.listening = listening;
    this.serverPort = serverPort;
  }

  /**
   * Opens a relay.
   *
   * @param serverPort where the server listens on 127.0.0.1, asked at every new connection
   */
  public static Relay to(IntSupplier serverPort) {
    try {
      Relay relay =
          new Relay(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")), serverPort);
      start(relay::accept, "relay-accept");
      return relay;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code host:port}, as clients want it. */
  public String connectString() {
    return "127.0.0.1:" + listening.getLocalPort();
  }

  /** Breaks every connection; new ones pass. */
  public void cut() {
    closeAll();
  }

  /** Keeps back what is sent from now on, both ways, without breaking anything. */
  public void stall() {
    moveTo(Mode.STALLED);
  }

  /** Breaks every connection and lets none come about. */
  public void refuse() {
    moveTo(Mode.REFUSING);
    closeAll();
  }

  /** Lets everything pass again, what was kept back first. */
  public void open() {
    moveTo(Mode.OPEN);
  }

  @Override
  public void close() {
    synchronized (gate) {
      closed = true;
      gate.notifyAll();
    }
    closeQuietly(listening);
    closeAll();
  }

  private void moveTo(Mode next) {
    synchronized (gate) {
      mode = next;
      gate.notifyAll();
    }
  }

  private void accept() {
    while (true) {
      Socket client;
      try {
        client = listening.accept();
      } catch (IOException e) {
        return;
      }
      if (isRefusing()) {
        closeQuietly(client);
        continue;
      }
      connect(client);
    }
  }

  private boolean isRefusing() {
    synchronized (gate) {
      return closed || mode == Mode.REFUSING;
    }
  }

  private void connect(Socket client) {
    Socket server = new Socket();
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      server.connect(new InetSocketAddress("127.0.0.1", serverPort.getAsInt()), 5_000);
    } catch (IOException | IllegalStateException e) {
      // The server is away: so is this connection.
      closeQuietly(client);
      closeQuietly(server);
      return;
    }
    sockets.add(client);
    sockets.add(server);
    start(() -> pump(client, server), "relay-to-server");
    start(() -> pump(server, client), "relay-to-client");
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[64 * 1024];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        awaitPassage();
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // Either end is gone: so is the other.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closeQuietly(from);
      closeQuietly(to);
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  private void awaitPassage() throws InterruptedException {
    synchronized (gate) {
      while (mode == Mode.STALLED && !closed) {
        gate.wait();
      }
    }
  }

  private void closeAll() {
    sockets.forEach(Relay::closeQuietly);
  }

  private static void closeQuietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // There is nothing to lose on a connection that is to be broken.
    }
  }

  private static void start(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }
}
