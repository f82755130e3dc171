package conclave.server.http;

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
    String method, String path, Map<String, String> parameters, @Nullable String authorization) {}
