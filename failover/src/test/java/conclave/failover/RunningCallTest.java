package conclave.failover;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class RunningCallTest {
  private final HttpClient http = ControlClient.newHttpClient();

  @TempDir Path directory;

  private CallResult shell(String line, long timeoutMs) {
    return call(new Call.Command(List.of("/bin/sh", "-c", line), timeoutMs)).make();
  }

  private RunningCall call(Call call) {
    return new RunningCall(call, Map.of("CONCLAVE_NODE", "me", "PORT", "7"), http, "");
  }

  @Test
  void commandsGetTheirEnvironmentAndNoInput() {
    CallResult result = shell("cat; echo node $CONCLAVE_NODE", 30_000);
    assertThat(result.kind()).isEqualTo(CallResult.Kind.DONE);
    assertThat(result.output()).isEqualTo("node me");
  }

  @Test
  void whatACommandSaysWhenItFailsIsTold() {
    CallResult result = shell("echo so it is >&2; exit 3", 30_000);
    assertThat(result.kind()).isEqualTo(CallResult.Kind.REFUSED);
    assertThat(result.detail()).isEqualTo("exit code 3: so it is");
    assertThat(result.ending()).isEqualTo(Ending.FAILED);
  }

  @Test
  void whatCanNotBeRunIsNoRefusal() {
    assertThat(shell("/no/such/program", 30_000).kind()).isEqualTo(CallResult.Kind.IMPOSSIBLE);
    CallResult result = call(new Call.Command(List.of("/no/such/program"), 1_000)).make();
    assertThat(result.kind()).isEqualTo(CallResult.Kind.IMPOSSIBLE);
    assertThat(result.detail()).startsWith("/no/such/program can't be run: ");
  }

  @Test
  void muchOutputDoesNotBlockAndItsEndIsKept() {
    CallResult result = shell("seq 1 200000; echo the end", 30_000);
    assertThat(result.kind()).isEqualTo(CallResult.Kind.DONE);
    assertThat(result.output()).endsWith("200000\nthe end").hasSizeLessThan(2_001);
  }

  @Test
  void aCommandThatHangsIsEndedWithAllThatItHasStarted() throws Exception {
    Path pid = directory.resolve("pid");
    CallResult result = shell("sleep 600 & echo $! > " + pid + "; wait", 300);
    assertThat(result.kind()).isEqualTo(CallResult.Kind.SILENT);
    assertThat(result.detail()).isEqualTo("no answer within 300 ms");
    long child = Long.parseLong(Files.readString(pid).strip());
    ProcessHandle.of(child).ifPresent(handle -> handle.onExit().join());
  }

  @Test
  void aProcessThatIsLeftBehindDoesNotHoldUp() {
    // The sleep keeps the pipe open.
    long beganNanos = System.nanoTime();
    CallResult result = shell("sleep 30 & echo done", 20_000);
    assertThat(result.output()).isEqualTo("done");
    assertThat(System.nanoTime() - beganNanos).isLessThan(TimeUnit.SECONDS.toNanos(15));
  }

  @Test
  void cancelling() throws Exception {
    RunningCall call = call(new Call.Command(List.of("sleep", "600"), 600_000));
    CompletableFuture<CallResult> result = CompletableFuture.supplyAsync(call::make);
    call.cancel();
    assertThat(result.get().kind()).isEqualTo(CallResult.Kind.CANCELLED);
  }

  @Test
  void connections() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Call there = new Call.Tcp("127.0.0.1", server.getLocalPort(), 10_000);
      assertThat(call(there).make().kind()).isEqualTo(CallResult.Kind.DONE);
      server.close();
      assertThat(call(there).make().kind()).isEqualTo(CallResult.Kind.UNREACHABLE);
    }
  }

  @Test
  void requestsByHttpWithVariables() throws IOException {
    AtomicReference<String> asked = new AtomicReference<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          asked.set(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("X-Node")
                  + " "
                  + body);
          byte[] answer = "said".getBytes(StandardCharsets.UTF_8);
          boolean good = exchange.getRequestURI().getPath().endsWith("/good");
          exchange.sendResponseHeaders(good ? 201 : 503, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    String root = "http://127.0.0.1:" + server.getAddress().getPort();
    Map<String, String> headers = Map.of("X-Node", "${CONCLAVE_NODE}");
    try {
      CallResult good =
          call(new Call.Http("PUT", root + "/${PORT}/good", headers, "b${NONE}", 0, 10_000)).make();
      assertThat(good.kind()).isEqualTo(CallResult.Kind.DONE);
      assertThat(good.output()).isEqualTo("said");
      assertThat(asked.get()).isEqualTo("PUT /7/good me b");
      CallResult bad = call(new Call.Http("GET", root + "/bad", headers, "", 0, 10_000)).make();
      assertThat(bad.kind()).isEqualTo(CallResult.Kind.REFUSED);
      assertThat(bad.detail()).isEqualTo("status 503: said");
      CallResult wanted =
          call(new Call.Http("GET", root + "/bad", headers, "", 503, 10_000)).make();
      assertThat(wanted.kind()).isEqualTo(CallResult.Kind.DONE);
    } finally {
      server.stop(0);
    }
    CallResult gone = call(new Call.Http("GET", root, Map.of(), "", 0, 10_000)).make();
    assertThat(gone.kind()).isEqualTo(CallResult.Kind.UNREACHABLE);
    assertThat(gone.ending()).as("nothing was done").isEqualTo(Ending.FAILED);
  }

  @Test
  void whoAcceptsAndSaysNothingIsSilent() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + server.getLocalPort();
      CallResult result = call(new Call.Http("GET", url, Map.of(), "", 0, 300)).make();
      assertThat(result.kind()).isEqualTo(CallResult.Kind.SILENT);
      assertThat(result.ending()).isEqualTo(Ending.TIMED_OUT);
    }
  }

  @Test
  void sshIsTheSystemsOwn() throws Exception {
    Path ssh = directory.resolve("ssh");
    Files.writeString(ssh, "#!/bin/sh\nfor word; do echo \"$word\"; done\n");
    assertThat(ssh.toFile().setExecutable(true)).isTrue();
    Call call =
        new Call.Ssh("root@${CONCLAVE_NODE}", 2222, List.of("-i", "key"), "kill ${PORT}", 5_000);
    CallResult result =
        new RunningCall(call, Map.of("CONCLAVE_NODE", "me", "PORT", "7"), http, "", ssh.toString())
            .make();
    assertThat(result.output().lines())
        .containsExactly(
            "-o",
            "BatchMode=yes",
            "-o",
            "ConnectTimeout=5",
            "-p",
            "2222",
            "-i",
            "key",
            "root@me",
            "kill 7");
  }
}
