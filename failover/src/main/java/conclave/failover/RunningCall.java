package conclave.failover;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One {@link Call} while it is made: by one thread, and ended by any other. */
final class RunningCall {
  private static final int MOST_OUTPUT = 2_000;
  private static final long POLL_MS = 20;

  /** What a shell answers when there is no such program, or none that can be run. */
  private static final int CANNOT_RUN = 126;

  private static final int NOT_FOUND = 127;
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}");

  private final Call call;
  private final Map<String, String> environment;
  private final HttpClient http;
  private final String secret;
  private final String sshProgram;
  private volatile boolean cancelled;
  private volatile @Nullable Process process;
  private volatile @Nullable Future<?> request;

  /**
   * @param environment what the call is told, by name
   * @param secret what controllers prove by that they may ask each other; empty for nothing
   */
  RunningCall(Call call, Map<String, String> environment, HttpClient http, String secret) {
    this(call, environment, http, secret, "ssh");
  }

  /** With another ssh than the system's. */
  RunningCall(
      Call call,
      Map<String, String> environment,
      HttpClient http,
      String secret,
      String sshProgram) {
    this.sshProgram = sshProgram;
    this.call = call;
    this.environment = environment;
    this.http = http;
    this.secret = secret;
  }

  /** Ends it; {@link #make} then says that it was cancelled, unless it had ended before. */
  void cancel() {
    cancelled = true;
    Process running = process;
    if (running != null) {
      kill(running);
    }
    Future<?> waiting = request;
    if (waiting != null) {
      waiting.cancel(true);
    }
  }

  /** Makes the call and waits for what comes of it, no longer than its timeout. */
  CallResult make() {
    try {
      return run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return CallResult.of(CallResult.Kind.CANCELLED, "interrupted");
    } catch (IllegalArgumentException e) {
      // A URL that is none once its variables are filled in.
      return CallResult.of(CallResult.Kind.IMPOSSIBLE, String.valueOf(e.getMessage()));
    }
  }

  private CallResult run() throws InterruptedException {
    if (cancelled) {
      return CallResult.of(CallResult.Kind.CANCELLED, "cancelled");
    }
    if (call instanceof Call.Command command) {
      return runProcess(command.words());
    } else if (call instanceof Call.Ssh ssh) {
      return runProcess(words(ssh));
    } else if (call instanceof Call.Http ask) {
      return runHttp(ask);
    } else if (call instanceof Call.Tcp tcp) {
      return connect(tcp);
    } else {
      return askController();
    }
  }

  private List<String> words(Call.Ssh ssh) {
    List<String> words = new ArrayList<>();
    words.add(sshProgram);
    words.addAll(List.of("-o", "BatchMode=yes"));
    words.addAll(List.of("-o", "ConnectTimeout=" + Math.max(1, ssh.timeoutMs() / 1000)));
    words.addAll(List.of("-p", Integer.toString(ssh.port())));
    words.addAll(ssh.options());
    words.add(filled(ssh.target()));
    words.add(filled(ssh.command()));
    return words;
  }

  /** The text with its variables filled in; one that there isn't becomes empty. */
  private String filled(String text) {
    return VARIABLE
        .matcher(text)
        .replaceAll(
            match -> Matcher.quoteReplacement(environment.getOrDefault(match.group(1), "")));
  }

  // --- processes

  private CallResult runProcess(List<String> words) throws InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process running;
    try {
      running = builder.start();
      running.getOutputStream().close();
    } catch (IOException e) {
      return CallResult.of(
          CallResult.Kind.IMPOSSIBLE, words.get(0) + " can't be run: " + e.getMessage());
    }
    process = running;
    if (cancelled) {
      kill(running);
    }
    try {
      return await(running);
    } finally {
      kill(running);
    }
  }

  private CallResult await(Process running) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(call.timeoutMs());
    StringBuilder output = new StringBuilder();
    while (!running.waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
      drain(running, output);
      if (System.nanoTime() - deadline >= 0) {
        return CallResult.of(
            CallResult.Kind.SILENT, "no answer within " + call.timeoutMs() + " ms");
      }
    }
    drain(running, output);
    if (cancelled) {
      return CallResult.of(CallResult.Kind.CANCELLED, "cancelled");
    }
    String said = output.toString().strip();
    int code = running.exitValue();
    if (code == 0) {
      return new CallResult(CallResult.Kind.DONE, said, "");
    }
    CallResult.Kind kind =
        code == CANNOT_RUN || code == NOT_FOUND
            ? CallResult.Kind.IMPOSSIBLE
            : CallResult.Kind.REFUSED;
    return new CallResult(kind, said, "exit code " + code + (said.isEmpty() ? "" : ": " + said));
  }

  /** What there is, and no more: a grandchild may keep the pipe open for ever. */
  private static void drain(Process running, StringBuilder output) {
    InputStream in = running.getInputStream();
    try {
      for (int ready = in.available(); ready > 0; ready = in.available()) {
        byte[] bytes = in.readNBytes(Math.min(ready, 8_192));
        output.append(new String(bytes, StandardCharsets.UTF_8));
        output.delete(0, Math.max(0, output.length() - MOST_OUTPUT));
      }
    } catch (IOException e) {
      // The process is gone and took its pipe along; its exit code says what is to be said.
      return;
    }
  }

  /** With all that it has started: half a hook is no better than a whole one. */
  private static void kill(Process running) {
    running.descendants().forEach(ProcessHandle::destroyForcibly);
    running.destroyForcibly();
  }

  // --- sockets

  private CallResult connect(Call.Tcp tcp) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(tcp.host(), tcp.port()), (int) tcp.timeoutMs());
      return CallResult.of(CallResult.Kind.DONE, "");
    } catch (IOException e) {
      return CallResult.of(
          CallResult.Kind.UNREACHABLE,
          "no connection to " + tcp.host() + ":" + tcp.port() + ": " + e.getMessage());
    }
  }

  private CallResult runHttp(Call.Http ask) throws InterruptedException {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create(filled(ask.url())))
            .method(ask.method(), HttpRequest.BodyPublishers.ofString(filled(ask.body())));
    ask.headers().forEach((name, value) -> builder.setHeader(name, filled(value)));
    return send(builder.build(), ask.status());
  }

  /** See {@link ControlServer}. */
  private CallResult askController() throws InterruptedException {
    String controller = environment.getOrDefault(Variables.TARGET_CONTROLLER, "");
    if (controller.isEmpty()) {
      return CallResult.of(
          CallResult.Kind.IMPOSSIBLE, "nobody knows where the old active's controller is");
    }
    ControlClient client = new ControlClient(http, secret);
    HttpRequest asked =
        client.standDown(
            controller,
            environment.getOrDefault(Variables.NODE, ""),
            Long.parseLong(environment.getOrDefault(Variables.TOKEN, "0")),
            call.timeoutMs());
    return send(asked, 0);
  }

  private CallResult send(HttpRequest asked, int status) throws InterruptedException {
    var future = http.sendAsync(asked, HttpResponse.BodyHandlers.ofString());
    request = future;
    if (cancelled) {
      future.cancel(true);
    }
    try {
      HttpResponse<String> response = future.get(call.timeoutMs(), TimeUnit.MILLISECONDS);
      int code = response.statusCode();
      String said = shortened(response.body().strip());
      boolean done = status == 0 ? code / 100 == 2 : code == status;
      return new CallResult(
          done ? CallResult.Kind.DONE : CallResult.Kind.REFUSED,
          said,
          done ? said : "status " + code + (said.isEmpty() ? "" : ": " + said));
    } catch (TimeoutException e) {
      future.cancel(true);
      return CallResult.of(CallResult.Kind.SILENT, "no answer within " + call.timeoutMs() + " ms");
    } catch (CancellationException e) {
      return CallResult.of(CallResult.Kind.CANCELLED, "cancelled");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      boolean unsent = cause instanceof java.net.ConnectException;
      return CallResult.of(
          unsent ? CallResult.Kind.UNREACHABLE : CallResult.Kind.SILENT,
          "no answer from "
              + asked.uri().getAuthority()
              + ": "
              + (cause.getMessage() == null ? cause : cause.getMessage()));
    }
  }

  private static String shortened(String text) {
    return text.length() <= MOST_OUTPUT ? text : text.substring(0, MOST_OUTPUT);
  }
}
