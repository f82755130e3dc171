package conclave.failover;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * What a controller offers by HTTP: {@code GET /status} (JSON) and {@code GET /metrics} (for
 * Prometheus) to everybody, {@code POST /yield} and {@code POST /standdown} to whoever has the
 * secret, if there is one.
 */
final class ControlServer implements AutoCloseable {
  /** What is asked of the controller's one thread. */
  interface Desk {
    CompletableFuture<ControlClient.Answer> yield(long forMs);

    CompletableFuture<ControlClient.Answer> standDown(long token, String who);
  }

  private static final int THREADS = 8;
  private static final long DEFAULT_WITHIN_MS = 10_000;
  private static final int OK = 200;
  private static final int BAD_REQUEST = 400;
  private static final int UNAUTHORIZED = 401;
  private static final int WRONG_METHOD = 405;
  private static final int CONFLICT = 409;
  private static final int TOO_LATE = 504;

  private final HttpServer server;
  private final ExecutorService threads;
  private final String secret;
  private final Desk desk;

  private ControlServer(HttpServer server, String secret, Desk desk) {
    this.server = server;
    this.secret = secret;
    this.desk = desk;
    threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "conclave-failover-http");
              thread.setDaemon(true);
              return thread;
            });
  }

  static ControlServer start(
      String listen, String secret, Desk desk, Supplier<String> status, Supplier<String> metrics)
      throws IOException {
    int colon = listen.lastIndexOf(':');
    int port = Integer.parseInt(listen.substring(colon + 1));
    InetSocketAddress address = new InetSocketAddress(listen.substring(0, colon), port);
    HttpServer http;
    try {
      http = HttpServer.create(address, 0);
    } catch (IOException e) {
      BindException told = new BindException("can't listen on " + listen + ": " + e.getMessage());
      told.initCause(e);
      throw told;
    }
    ControlServer server = new ControlServer(http, secret, desk);
    http.setExecutor(server.threads);
    http.createContext("/status", exchange -> show(exchange, "application/json", status));
    http.createContext(
        "/metrics", exchange -> show(exchange, "text/plain; version=0.0.4", metrics));
    http.createContext("/yield", server::yield);
    http.createContext("/standdown", server::standDown);
    http.start();
    return server;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private static void show(HttpExchange exchange, String type, Supplier<String> text)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    reply(exchange, OK, text.get());
  }

  private void yield(HttpExchange exchange) throws IOException {
    if (admits(exchange)) {
      Map<String, String> query = query(exchange);
      try {
        long forMs = Long.parseLong(query.getOrDefault("ms", ""));
        answer(exchange, query, desk.yield(forMs));
      } catch (NumberFormatException e) {
        reply(exchange, BAD_REQUEST, "ms takes a number of milliseconds\n");
      }
    }
  }

  private void standDown(HttpExchange exchange) throws IOException {
    if (admits(exchange)) {
      Map<String, String> query = query(exchange);
      try {
        long token = Long.parseLong(query.getOrDefault("token", ""));
        answer(exchange, query, desk.standDown(token, query.getOrDefault("node", "somebody")));
      } catch (NumberFormatException e) {
        reply(exchange, BAD_REQUEST, "token takes the number of a zxid\n");
      }
    }
  }

  private boolean admits(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestMethod().equals("POST")) {
      reply(exchange, WRONG_METHOD, "takes POST\n");
      return false;
    }
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    byte[] expected = ("Bearer " + secret).getBytes(StandardCharsets.UTF_8);
    boolean known =
        secret.isEmpty()
            || (given != null
                && MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8)));
    if (!known) {
      reply(exchange, UNAUTHORIZED, "needs the secret of the configuration\n");
    }
    return known;
  }

  private static void answer(
      HttpExchange exchange,
      Map<String, String> query,
      CompletableFuture<ControlClient.Answer> asked)
      throws IOException {
    try {
      long withinMs =
          Long.parseLong(query.getOrDefault("within", Long.toString(DEFAULT_WITHIN_MS)));
      ControlClient.Answer answer = asked.get(withinMs, TimeUnit.MILLISECONDS);
      reply(exchange, answer.granted() ? OK : CONFLICT, answer.text() + "\n");
    } catch (TimeoutException e) {
      asked.cancel(false);
      reply(exchange, TOO_LATE, "is still about it\n");
    } catch (ExecutionException e) {
      throw new IllegalStateException("an answer never fails", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> all = new HashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    for (String part : raw == null ? new String[0] : raw.split("&", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        all.put(
            part.substring(0, equals),
            URLDecoder.decode(part.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return all;
  }

  private static void reply(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
