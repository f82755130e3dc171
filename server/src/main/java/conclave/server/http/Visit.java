package conclave.server.http;

import java.util.Map;

/**
 * A request for a page.
 *
 * @param method as in HTTP, for example {@code GET}
 * @param path decoded, without what follows a question mark
 * @param parameters what follows the question mark; of several values of a name the first
 */
public record Visit(String method, String path, Map<String, String> parameters) {}
