package conclave.failover;

import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks controllers, over what {@link ControlServer} offers. */
final class ControlClient {
  /** How long a look at a controller may take: it answers from memory. */
  private static final long STATUS_MS = 2_000;

  private final HttpClient http;
  private final String secret;

  ControlClient(HttpClient http, String secret) {
    this.http = http;
    this.secret = secret;
  }

  static HttpClient newHttpClient() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(10))
        .followRedirects(HttpClient.Redirect.NEVER)
        .build();
  }

  /** What came of a request. */
  record Answer(boolean granted, String text) {}

  NodeStatus status(String controller) throws ControlException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri(controller, "/status")).GET().build();
    Answer answer = send(controller, request, STATUS_MS);
    if (!answer.granted()) {
      throw new ControlException("The controller at " + controller + " says: " + answer.text());
    }
    try {
      return NodeStatus.parse(answer.text());
    } catch (IllegalArgumentException e) {
      throw new ControlException("What answers at " + controller + " is not a controller.", e);
    }
  }

  /** See {@link Input.Yield}. */
  Answer yield(String controller, long forMs, long withinMs)
      throws ControlException, InterruptedException {
    return send(
        controller, post(controller, "/yield?ms=" + forMs + "&within=" + withinMs), withinMs);
  }

  /** See {@link Input.StandDown}. */
  HttpRequest standDown(String controller, String who, long token, long withinMs) {
    return post(
        controller,
        "/standdown?token="
            + token
            + "&node="
            + URLEncoder.encode(who, StandardCharsets.UTF_8)
            + "&within="
            + withinMs);
  }

  private HttpRequest post(String controller, String path) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(uri(controller, path)).POST(HttpRequest.BodyPublishers.noBody());
    if (!secret.isEmpty()) {
      builder.setHeader("Authorization", "Bearer " + secret);
    }
    return builder.build();
  }

  private static URI uri(String controller, String path) {
    return URI.create("http://" + controller + path);
  }

  private Answer send(String controller, HttpRequest request, long withinMs)
      throws ControlException, InterruptedException {
    var future = http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    try {
      HttpResponse<String> response = future.get(withinMs, TimeUnit.MILLISECONDS);
      return new Answer(response.statusCode() == 200, response.body().strip());
    } catch (TimeoutException e) {
      future.cancel(true);
      throw new ControlException(
          "The controller at " + controller + " does not answer within " + withinMs + " ms.", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ControlException(
          cause instanceof ConnectException
              ? "No controller listens at " + controller + "."
              : "The controller at " + controller + " can't be asked: " + cause.getMessage() + ".",
          cause);
    }
  }
}
