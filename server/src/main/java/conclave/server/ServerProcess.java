package conclave.server;

import conclave.server.config.ServerConfig;
import conclave.server.loop.Fate;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server that is a process of its own: ends with the process's signals, and ends the process when
 * it can't go on.
 *
 * <p>The first SIGTERM or SIGINT stops accepting, answers what is in flight, syncs the log and
 * exits with 0, within two seconds. A second one ends the process at once.
 */
public final class ServerProcess implements Fate {
  private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);
  private static final long LONGEST_STOP_MS = 1_800;

  private final CountDownLatch stop = new CountDownLatch(1);
  private final AtomicInteger signals = new AtomicInteger();
  private volatile int exitCode = ExitCode.OK;

  private ServerProcess() {}

  /**
   * Runs a server until it is told to stop or can't go on.
   *
   * @param started told when clients may come
   * @return the exit code
   * @throws IOException when a port can't be bound or the disk can't be read
   */
  public static int run(ServerConfig config, Consumer<ConclaveServer> started)
      throws IOException, InterruptedException {
    ServerProcess process = new ServerProcess();
    Signals.handle("TERM", process::signalled);
    Signals.handle("INT", process::signalled);
    ConclaveServer server = ConclaveServer.start(config, process);
    started.accept(server);
    process.stop.await();
    if (process.exitCode == ExitCode.OK) {
      Thread watchdog = new Thread(process::endAtOnce, "conclave-stop-watchdog");
      watchdog.setDaemon(true);
      watchdog.start();
      server.close();
      watchdog.interrupt();
      LOG.info("Stopped.");
    }
    return process.exitCode;
  }

  @Override
  public void stop(int code, String what, Throwable cause) {
    LOG.error("{} The server ends with exit code {}.", what, code, cause);
    exitCode = code;
    stop.countDown();
  }

  private void signalled(String name) {
    if (signals.incrementAndGet() > 1) {
      Runtime.getRuntime().halt(ExitCode.STOPPED_AT_ONCE);
    }
    LOG.info("SIG{}: stopping; once more ends the process at once.", name);
    stop.countDown();
  }

  private void endAtOnce() {
    try {
      Thread.sleep(LONGEST_STOP_MS);
    } catch (InterruptedException e) {
      return;
    }
    LOG.warn(
        "Not stopped after {} ms: ending at once. Nothing acknowledged is lost.", LONGEST_STOP_MS);
    Runtime.getRuntime().halt(ExitCode.OK);
  }
}
