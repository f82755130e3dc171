package conclave.cli.failover;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network that can be cut as a real one is: bytes stop, and nobody is told. What was connected
 * when it is mended finds its connections broken.
 */
final class CuttableProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int targetPort;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private boolean cut;
  private boolean closed;

  CuttableProxy(int targetPort) {
    this.targetPort = targetPort;
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  boolean leadsTo(int port) {
    return targetPort == port;
  }

  synchronized void cut() {
    cut = true;
  }

  synchronized void mend() {
    if (cut) {
      cut = false;
      sockets.forEach(CuttableProxy::close);
      sockets.clear();
      notifyAll();
    }
  }

  private static void start(Runnable what) {
    Thread thread = new Thread(what, "proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (true) {
      try {
        Socket near = server.accept();
        sockets.add(near);
        start(() -> connect(near));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void connect(Socket near) {
    try {
      passable();
      Socket far = new Socket(InetAddress.getLoopbackAddress(), targetPort);
      sockets.add(far);
      start(() -> pump(near, far));
      pump(far, near);
    } catch (IOException e) {
      close(near);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] bytes = new byte[16_384];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        passable();
        out.write(bytes, 0, n);
        out.flush();
      }
    } catch (IOException e) {
      // One side has gone; the other is told below.
      return;
    } finally {
      try {
        passable();
      } catch (IOException e) {
        assert closed;
      }
      close(from);
      close(to);
    }
  }

  /** Waits while nothing passes. */
  private synchronized void passable() throws IOException {
    try {
      while (cut && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    if (closed) {
      throw new IOException("closed");
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    server.close();
    sockets.forEach(CuttableProxy::close);
  }
}
