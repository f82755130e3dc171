package conclave.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request for a page.
 *
 * @param method as in HTTP, for example {@code GET}
 * @param path decoded, without what follows a question mark
 * @param parameters what follows the question mark; of several values of a name the first
 * @param authorization who asks, as the header of that name says; null without one
 */
public record Visit(
    String method, String path, Map<String, String> parameters, @Nullable String authorization) {

  /**
   * What a request's head says.
   *
   * @throws IllegalArgumentException for a percent sign with no number behind it
   */
  static Visit of(HttpRequest request) {
    QueryStringDecoder uri = new QueryStringDecoder(request.uri());
    Map<String, String> parameters = new LinkedHashMap<>();
    uri.parameters().forEach((name, values) -> parameters.put(name, values.get(0)));
    return new Visit(
        request.method().name(),
        uri.path(),
        parameters,
        request.headers().get(HttpHeaderNames.AUTHORIZATION));
  }
}
